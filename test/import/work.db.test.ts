import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { writeDelivery } from '../../src/demo/delivery.ts'
import { describeNight } from '../../src/demo/night.ts'
import { type DemoOptions, ONE_PERCENT_NIGHT } from '../../src/demo/options.ts'
import { DEMO_STYLES, type DemoStyle } from '../../src/demo/style.ts'
import type { RunReport } from '../../src/import/report.ts'
import { testDatabase } from '../database.ts'
import { makeSite, type TestSite } from './site.ts'

const { database } = await testDatabase()

async function demo(options: DemoOptions, style: DemoStyle = DEMO_STYLES.plain): Promise<Buffer> {
  const chunks: Buffer[] = []
  await writeDelivery(describeNight(options), style, (chunk) => {
    chunks.push(Buffer.from(chunk))
  })
  return Buffer.concat(chunks)
}

const ofSize = (persons: number): DemoOptions => ({
  seed: 5,
  dateTime: '2026-09-01T02:00:00',
  persons,
  members: persons * 6,
  changes: ONE_PERCENT_NIGHT.b,
})
const nextDay = { dateTime: '2026-09-02T02:00:00' } as const

interface Nights {
  readonly first: RunReport
  readonly unchanged: RunReport
  readonly changed: RunReport
}

async function threeNights(site: TestSite, options: DemoOptions): Promise<Nights> {
  const first = await site.send(await demo(options))
  const unchanged = await site.send(await demo({ ...options, ...nextDay }))
  const changed = await site.send(await demo({ ...options, ...nextDay, night: 1 }))
  return { first, unchanged, changed }
}

describe('the statements of an import', () => {
  test('are as many for 20,000 persons as for 1,000: first, unchanged and on a 1 % night', async () => {
    const small = await threeNights(await makeSite(database), ofSize(1_000))
    const large = await threeNights(await makeSite(database), ofSize(20_000))
    for (const night of ['first', 'unchanged', 'changed'] as const) {
      assert.equal(small[night].outcome, 'applied')
      assert.equal(large[night].outcome, 'applied')
      const difference = large[night].statements - small[night].statements
      const both = `${night}: ${small[night].statements} and ${large[night].statements}`
      assert.ok(Math.abs(difference) <= 10, both)
    }
    assert.equal(large.first.tallies.person.added, 20_000)
    assert.ok(large.changed.tallies.membership.removed > 0)
  })

  test('are fewest where nothing changed', async () => {
    const { first, unchanged, changed } = await threeNights(await makeSite(database), ofSize(1_000))
    assert.ok(unchanged.statements < first.statements)
    assert.ok(unchanged.statements < changed.statements)
  })
})

describe('an unchanged delivery', () => {
  for (const name of ['plain', 'oneline', 'member', 'prefixed', 'latin1', 'comments'] as const) {
    test(`sends nothing to the tokeniser where nothing was set aside: ${name}`, async () => {
      const site = await makeSite(database)
      const options = ofSize(500)
      const first = await site.send(await demo(options, DEMO_STYLES[name]))
      const { person, group } = first.tallies
      const elements = person.added + group.added
      assert.ok(first.recordsRead > elements)
      const again = await site.send(await demo({ ...options, ...nextDay }, DEMO_STYLES[name]))
      assert.deepEqual([again.outcome, again.recordsRead], ['applied', 0])
    })
  }

  test('sends exactly the records to the tokeniser that were set aside', async () => {
    const site = await makeSite(database)
    const options = { ...ofSize(500), nameless: 7 }
    const first = await site.send(await demo(options))
    assert.equal(first.tallies.person.setAside, 7)
    const lists = await site.database.site(site.siteId, (session) =>
      session.query<{ place: number }>(
        `select distinct place from problems where site_id = $1 and code = 'MEMBER_UNKNOWN'`,
        [site.siteId],
      ),
    )
    const file = await demo({ ...options, ...nextDay })
    const text = file.toString('latin1')
    // Lists that hold one of the seven were set aside in part.
    const partly = new Set(lists.map(({ place }) => text.lastIndexOf('<membership', place)))
    assert.ok(partly.size > 0)
    const again = await site.send(file)
    assert.equal(again.tallies.person.setAside, 7)
    assert.equal(again.recordsRead, 7 + partly.size)
  })

  test('of the very same bytes is not looked into at all', async () => {
    const site = await makeSite(database)
    const file = await demo(ofSize(500))
    await site.send(file)
    const again = await site.send(file)
    assert.deepEqual([again.outcome, again.recordsRead], ['same', 0])
  })

  test('of the very same bytes is looked into again where records were set aside', async () => {
    const site = await makeSite(database)
    const file = await demo({ ...ofSize(500), nameless: 1 })
    await site.send(file)
    const again = await site.send(file)
    assert.equal(again.outcome, 'applied')
    assert.equal(again.tallies.person.setAside, 1)
  })
})

describe('a delivery that changed in one place', () => {
  test('has one person read where one person changed', async () => {
    const site = await makeSite(database)
    const file = (await demo(ofSize(500))).toString()
    await site.send(file)
    const changed = file.replace(/<fn>(.*?)<\/fn>/, '<fn>$1 Berg</fn>')
    const report = await site.send(changed)
    assert.deepEqual([report.recordsRead, report.tallies.person.updated], [1, 1])
  })

  test('has one list read where one member left', async () => {
    const site = await makeSite(database)
    const file = (await demo(ofSize(500))).toString()
    await site.send(file)
    const changed = file.replace(/<member>.*?<\/member>\s*/s, '')
    const report = await site.send(changed)
    assert.deepEqual([report.recordsRead, report.tallies.membership.removed], [1, 1])
  })
})
