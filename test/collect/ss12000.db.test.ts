import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RollcallError } from '../../src/errors.ts'
import { testDatabase } from '../database.ts'
import { type Collecting, collecting } from './collecting.ts'
import { CLIENT, municipality, type Ss12000Server, startSs12000 } from './ss12000-server.ts'

const { database } = await testDatabase()
const now = (): Date => new Date('2026-09-01T10:00:00Z')

async function fetching(
  more: { readonly [name: string]: string } = {},
  things = municipality(),
): Promise<{
  readonly collector: Collecting
  readonly server: Ss12000Server
  readonly text: () => Promise<string>
}> {
  const server = await startSs12000(things)
  const collector = await collecting(database, { rules: 'extends: ss12000' })
  const { clientId, clientSecret } = CLIENT
  await collector.set({
    kind: 'ss12000',
    set: {
      url: server.url,
      tokenUrl: server.tokenUrl,
      clientId,
      allowPlain: 'yes',
      pageSize: '2',
      requestsPerSecond: '100',
      ...more,
    },
    secrets: { clientSecret },
  })
  const text = async (): Promise<string> => {
    await collector.fetch({ now, again: true })
    return (await collector.texts()).at(-1) ?? ''
  }
  return { collector, server, text }
}

/** Ids of the persons in a file. */
const personsIn = (text: string): string[] =>
  Array.from(
    text.matchAll(/<person><sourcedid><source>SS12000<\/source><id>([^<]+)/g),
    ([, id = '']) => id,
  )

describe('an SS12000 interface', () => {
  test('is read page by page, made into a file, and imported with the rules of the preset', async () => {
    const { collector, server } = await fetching()
    const { deliveries } = await collector.fetch({ now })
    assert.ok(server.asked.includes('/v2.0/persons?limit=2&pageToken=page-8'))
    assert.deepEqual(
      deliveries.map(({ fileName }) => fileName),
      ['ss12000.xml'],
    )
    const report = await collector.import(deliveries[0]?.arrivalId ?? 0)
    assert.equal(report?.outcome, 'held', JSON.stringify(report?.refusal))
    const { person, group, membership, relation } = report.tallies
    assert.deepEqual(
      [person, group, membership, relation].map(({ added, setAside }) => [added, setAside]),
      [
        [5, 0],
        [6, 0],
        [9, 0],
        [1, 0],
      ],
    )
    const [text = ''] = await collector.texts().catch(() => [])
    assert.equal(text, '', 'the arrival is dealt with')
  })

  test('gives of a person what the standard has, and the address of the school', async () => {
    const { text } = await fetching()
    const file = await text()
    const ann = /<person>(?:(?!<\/person>)[\s\S])*elev-1(?:(?!<\/person>)[\s\S])*/.exec(file)?.[0]
    for (const piece of [
      '<userid useridtype="eduPersonPrincipalName">ann@kommun.example</userid>',
      '<userid useridtype="personNIN">201001022383</userid>',
      '<fn>Ann Bo Ek</fn>',
      '<gender>1</gender><bday>2010-01-02</bday>',
      '<email>ann@skola.example</email>',
      '<tel teltype="3">070-1740605</tel>',
      'institutionroletype="Student"',
      '<relationship><relationshiptype>guardian</relationshiptype>',
    ]) {
      assert.ok(ann?.includes(piece), piece)
    }
  })

  test('gives the same bytes for the same data, in whatever order they come', async () => {
    const { collector, server } = await fetching()
    await collector.fetch({ now })
    for (const things of Object.values(server.things)) things.reverse()
    assert.deepEqual(await collector.fetch({ now }), { deliveries: [], unchanged: 1 })
  })

  test('is taken by unit and by day; protected persons are left out everywhere unless asked for', async () => {
    const { collector, text } = await fetching()
    assert.deepEqual(personsIn(await text()), [
      'elev-1',
      'elev-2',
      'larare-1',
      'rektor-1',
      'vuxen-1',
    ])
    assert.ok(collector.said.includes('files: 1 persons with protected identity are left out'))
    assert.ok(!(await text()).includes('elev-3'))
    await collector.set({ set: { schoolUnits: '12345678' } })
    assert.deepEqual(personsIn(await text()), ['elev-1', 'larare-1', 'rektor-1', 'vuxen-1'])
    assert.ok(!(await text()).includes('Söderskolan'))
    await collector.set({ set: { daysBefore: '7' } })
    assert.ok(personsIn(await text()).includes('elev-4'))
    await collector.set({ set: { daysBefore: '6', daysAfter: '7' } })
    assert.deepEqual(
      [personsIn(await text()).includes('elev-4'), personsIn(await text()).includes('elev-5')],
      [false, true],
    )
    await collector.set({ set: { daysAfter: '6', guardians: 'no', excludeProtected: 'no' } })
    const file = await text()
    assert.deepEqual(personsIn(file), ['elev-1', 'elev-3', 'larare-1', 'rektor-1'])
    assert.ok(file.includes('<securityMarking>Skyddad folkbokföring</securityMarking>'))
  })

  test('whose units are not there delivers nothing: their pupils would be gone', async () => {
    const { collector } = await fetching({ schoolUnits: '12345678,00000000' })
    await assert.rejects(collector.fetch({ now }), /1 of the school units/)
    assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []])
  })

  test('is asked in the end what was deleted while it was read', async () => {
    const { server, text } = await fetching({ deletedEntities: 'yes' })
    server.deleted = { persons: ['elev-2'] }
    assert.ok(!personsIn(await text()).includes('elev-2'))
    assert.match(server.asked.at(-1) ?? '', /deletedEntities\?after=2026-09-01T10/)
  })

  test('that is overloaded, restarts or ends our token is asked again', async () => {
    const { collector, server } = await fetching()
    const waits: number[] = []
    server.trouble.push(
      (_, response) => Boolean(response.writeHead(429, { 'retry-after': '3' }).end()),
      (_, response) => Boolean(response.writeHead(503).end()),
      (path, response) => path.endsWith('groups') && Boolean(response.destroy()),
    )
    const wait = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
    assert.equal((await collector.fetch({ now, wait })).deliveries.length, 1)
    assert.deepEqual(waits.filter((ms) => ms === 1000).length, 3 + 4 + 2)
    // The token that is good becomes another one between two pages.
    let hasEnded = false
    server.trouble.push((path) => {
      if (path.endsWith('duties') && !hasEnded) {
        hasEnded = true
        server.tokens++
      }
      return false
    })
    const again = await collector.fetch({ now, wait, again: true })
    assert.equal(again.deliveries.length, 1)
  })

  test('that fails in the middle delivers nothing, whatever the way', async () => {
    const said = (body: string) => (path: string, response: import('node:http').ServerResponse) =>
      path.endsWith('groups') && Boolean(response.writeHead(200).end(body))
    const cases: readonly [string, Ss12000Server['trouble'][number], string][] = [
      [
        'not found',
        (path, response) => path.endsWith('duties') && Boolean(response.writeHead(404).end()),
        'ERR_FETCH_FAILED',
      ],
      ['not JSON', said('<html>Ann</html>'), 'ERR_FETCH_FAILED'],
      ['another shape', said('{"data": [{"id": 7}]}'), 'ERR_FETCH_FAILED'],
      ['no list', said('{}'), 'ERR_FETCH_FAILED'],
      [
        'forbidden',
        (path, response) => path.endsWith('groups') && Boolean(response.writeHead(403).end()),
        'ERR_FETCH_SIGN_IN',
      ],
      [
        'a long wait',
        (_, response) => Boolean(response.writeHead(429, { 'retry-after': '9999' }).end()),
        'ERR_FETCH_UNREACHABLE',
      ],
      [
        'elsewhere',
        (_, response) =>
          Boolean(response.writeHead(302, { location: 'http://localhost:1/' }).end()),
        'ERR_FETCH_FAILED',
      ],
    ]
    for (const [what, trouble, code] of cases) {
      const { collector, server } = await fetching()
      server.trouble.push(trouble)
      await assert.rejects(collector.fetch({ now }), (error: RollcallError) => {
        assert.equal(error.code, code, what)
        assert.ok(!`${error.message}${String(error.cause)}`.includes('Ann'), what)
        return true
      })
      assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []], what)
    }
  })

  test('that sends us round in a circle is not read for ever', async () => {
    const { collector, server } = await fetching()
    const page = JSON.stringify({ data: [], pageToken: 'round' })
    const round: Ss12000Server['trouble'][number] = (path, response) =>
      path.endsWith('persons') && Boolean(response.writeHead(200).end(page))
    server.trouble.push(round, round, round)
    await assert.rejects(collector.fetch({ now }), { code: 'ERR_FETCH_FAILED' })
    assert.equal(server.asked.filter((each) => each.includes('pageToken=round')).length, 1)
  })

  test('that does not give a token is named, without the secret', async () => {
    const { collector } = await fetching()
    await collector.set({ secrets: { clientSecret: 'fel-hemlighet' } })
    await assert.rejects(collector.fetch({ now }), (error: RollcallError) => {
      assert.equal(error.code, 'ERR_FETCH_SIGN_IN')
      assert.ok(!`${error.message}${error.stack}`.includes('fel-hemlighet'))
      return true
    })
  })

  test('without duties or activities is read where that is set, and only there', async () => {
    const things = municipality()
    delete things['activities']
    const { collector } = await fetching({}, things)
    await assert.rejects(collector.fetch({ now }), { code: 'ERR_FETCH_FAILED' })
    await collector.set({ set: { without: 'activities' } })
    assert.equal((await collector.fetch({ now })).deliveries.length, 1)
  })

  test('is tried step by step, and nothing is delivered', async () => {
    const { collector } = await fetching()
    await collector.test({ now })
    assert.deepEqual(
      collector.said.map((line) => line.replace(/:.*/, '')),
      ['resolve', 'trust', 'sign in', 'files', 'files', 'files', 'files', 'files'],
    )
    assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []])
  })
})
