import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Actor } from '../../src/access/actor.ts'
import {
  appendAudit,
  audited,
  AUDIT_VALUES_CHARACTERS_MAX,
  type Detail,
  eraseFromAudit,
  eraseNameFromAudit,
  noteInAudit,
  retainAudit,
} from '../../src/access/audit.ts'
import { type Verified, verifyAudit } from '../../src/access/verify.ts'
import { RollcallError } from '../../src/errors.ts'
import { countAuditNames, listAudit } from '../../src/store/audit.ts'
import { createSite } from '../../src/store/sites.ts'
import { connected, testDatabase } from '../database.ts'

const { database, owner, superuser } = await testDatabase()
const actor: Actor = { kind: 'account', id: 7, name: 'anna', roles: [] }
const DAY = 86_400_000
let sites = 0

async function newSite(): Promise<number> {
  sites += 1
  return (await createSite(database, `site ${sites}`)).id
}

async function note(
  siteId: number,
  values: object = { key: 'P1' },
  at = new Date(),
): Promise<void> {
  const entry = {
    siteId,
    actor,
    action: 'test',
    detail: {},
    values: values as { [name: string]: unknown },
  }
  await noteInAudit(database, entry, () => at)
}

const verify = (siteId: number, expected?: string): Promise<Verified> =>
  database.site(siteId, (session) => verifyAudit(session, siteId, expected))

/** As somebody who may do anything to the database, past the triggers. */
async function tamper(siteId: number, ...statements: string[]): Promise<void> {
  await connected(superuser, async (client) => {
    await client.query('set session_replication_role = replica')
    for (const statement of statements) await client.query(statement, [siteId])
  })
}

async function chainOf(length: number): Promise<number> {
  const siteId = await newSite()
  for (let n = 1; n <= length; n++) await note(siteId, { key: `P${n}` })
  return siteId
}

test('what is done has an entry before and after, with who, what, and what came of it', async () => {
  const siteId = await newSite()
  const action = {
    database,
    siteId,
    actor,
    action: 'undo',
    values: { told: { run: 5 } },
    now: () => new Date(),
  }
  const during = await audited(
    action,
    () => verify(siteId),
    ({ entries }) => ({ run: 12, entries }),
  )
  assert.equal(during.entries, 1, 'it is there before anything is done')
  await assert.rejects(
    audited(action, () => Promise.reject(new RollcallError('ERR_TAKEN', 'no'))),
    { code: 'ERR_TAKEN' },
  )
  await assert.rejects(
    audited(action, () => Promise.reject(new Error('P17 is odd'))),
    /odd/,
  )
  const list = await database.site(siteId, (session) =>
    listAudit(session, siteId, { limit: 10, offset: 0 }),
  )
  assert.deepEqual(
    list.map(({ entry, actorKind, actorId, action: what, values, end }) => [
      entry,
      actorKind,
      actorId,
      what,
      values,
      end?.phase,
      end?.detail,
    ]),
    [
      [
        5,
        'account',
        7,
        'undo',
        { actor: 'anna', told: { run: 5 } },
        'failed',
        { error: 'ERR_INTERNAL' },
      ],
      [
        3,
        'account',
        7,
        'undo',
        { actor: 'anna', told: { run: 5 } },
        'failed',
        { error: 'ERR_TAKEN' },
      ],
      [
        1,
        'account',
        7,
        'undo',
        { actor: 'anna', told: { run: 5 } },
        'done',
        { run: 12, entries: 1 },
      ],
    ],
  )
  const { broken, entries } = await verify(siteId)
  assert.deepEqual([broken, entries], [undefined, 6])
  for (const [filter, found] of [
    [{ run: 12 }, [1]],
    [{ run: 5 }, []],
    [{ action: 'und' }, []],
    [{ action: 'undo', actor: 'anna' }, [5, 3, 1]],
    [{ actor: 'berit' }, []],
    [{ since: '2999-01-01' }, []],
  ] as const) {
    const some = await database.site(siteId, (session) =>
      listAudit(session, siteId, { ...filter, limit: 10, offset: 0 }),
    )
    assert.deepEqual(
      some.map(({ entry }) => entry),
      found,
      JSON.stringify(filter),
    )
  }
})

test('an empty log holds, and a long value is left out, saying so', async () => {
  const siteId = await newSite()
  assert.equal((await verify(siteId)).entries, 0)
  await note(siteId, { told: 'x'.repeat(AUDIT_VALUES_CHARACTERS_MAX) })
  const [entry] = await database.site(siteId, (session) =>
    listAudit(session, siteId, { limit: 1, offset: 0 }),
  )
  assert.deepEqual(entry?.values, { actor: 'anna', leftOut: '20026 characters' })
  assert.equal((await verify(siteId)).broken, undefined)
})

const FORGED: readonly (readonly [string, readonly string[], { entry: number; why: string }])[] = [
  [
    'a changed action',
    ["update audit set action = 'other' where site_id = $1 and entry = 4"],
    { entry: 4, why: 'changed' },
  ],
  [
    'a changed time',
    ["update audit set at = at + interval '1 microsecond' where site_id = $1 and entry = 4"],
    { entry: 4, why: 'changed' },
  ],
  [
    'a changed actor',
    ['update audit set actor_id = 8 where site_id = $1 and entry = 4'],
    { entry: 4, why: 'changed' },
  ],
  [
    'a changed digest',
    ["update audit set digest = '\\x00' where site_id = $1 and entry = 4"],
    { entry: 4, why: 'changed' },
  ],
  [
    'a changed hash',
    ["update audit set hash = '\\x00' where site_id = $1 and entry = 4"],
    { entry: 4, why: 'changed' },
  ],
  [
    'a removed entry',
    ['delete from audit where site_id = $1 and entry = 4'],
    { entry: 4, why: 'missing' },
  ],
  [
    'the first entry removed',
    ['delete from audit where site_id = $1 and entry = 1'],
    { entry: 1, why: 'missing' },
  ],
  [
    'a removed entry whose number the others took over',
    [
      'delete from audit where site_id = $1 and entry = 4',
      'update audit set entry = -entry where site_id = $1 and entry > 4',
      'update audit set entry = -entry - 1 where site_id = $1 and entry < 0',
    ],
    { entry: 4, why: 'changed' },
  ],
  [
    'two entries that changed places',
    [
      'update audit set entry = -4 where site_id = $1 and entry = 4',
      'update audit set entry = 4 where site_id = $1 and entry = 5',
      'update audit set entry = 5 where site_id = $1 and entry = -4',
    ],
    { entry: 4, why: 'changed' },
  ],
  [
    'other values',
    [`update audit_values set content = '{"actor":"x"}' where site_id = $1 and entry = 4`],
    { entry: 4, why: 'valuesChanged' },
  ],
  [
    'values gone',
    ['delete from audit_values where site_id = $1 and entry = 4'],
    { entry: 4, why: 'valuesGone' },
  ],
  [
    'the beginning cut off',
    [
      `insert into audit_cuts select site_id, entry, hash, now() from audit where site_id = $1 and entry = 3`,
      'delete from audit_values where site_id = $1 and entry <= 3',
      'delete from audit where site_id = $1 and entry <= 3',
    ],
    { entry: 3, why: 'cut' },
  ],
]

for (const [what, statements, broken] of FORGED) {
  test(`verify finds ${what}, and where`, async () => {
    const siteId = await chainOf(7)
    assert.equal((await verify(siteId)).broken, undefined)
    await tamper(siteId, ...statements)
    assert.deepEqual((await verify(siteId)).broken, broken)
  })
}

test('an end that was cut off is found by a head that was noted elsewhere', async () => {
  const siteId = await chainOf(5)
  const head = (await verify(siteId)).head.hash.toString('hex')
  await note(siteId)
  assert.equal((await verify(siteId, head)).broken, undefined, 'the log has gone on since')
  await tamper(
    siteId,
    'delete from audit_values where site_id = $1 and entry >= 5',
    'delete from audit where site_id = $1 and entry >= 5',
  )
  assert.equal((await verify(siteId)).broken, undefined, 'by itself it does not show')
  assert.deepEqual((await verify(siteId, head)).broken, { entry: 5, why: 'end' })
  await note(siteId)
  assert.deepEqual(
    (await verify(siteId, head)).broken,
    { entry: 6, why: 'end' },
    'nor does going on help',
  )
})

test('a log of another site does not pass for this one', async () => {
  const [one, two] = [await chainOf(2), await newSite()]
  await tamper(
    one,
    `insert into audit select ${two}, entry, at, actor_kind, actor_id, action, phase, begun, detail, digest, hash
    from audit where site_id = $1`,
  )
  assert.deepEqual((await verify(two)).broken, { entry: 1, why: 'changed' })
})

test('erasing a person takes the values, and the chain holds and says so', async () => {
  const siteId = await chainOf(4)
  const head = (await verify(siteId)).head.hash.toString('hex')
  const erase = (): Promise<number> =>
    database.site(siteId, (session) => eraseFromAudit(session, siteId, '"P[23]"', new Date()))
  assert.equal(await erase(), 2)
  assert.equal(await erase(), 0)
  const { broken, erased, entries } = await verify(siteId, head)
  assert.deepEqual([broken, erased, entries], [undefined, 2, 5])
  const rest = await database.site(siteId, (session) =>
    session.query<{ content: string }>(
      'select content from audit_values where site_id = $1 order by entry',
      [siteId],
    ),
  )
  assert.deepEqual(
    rest.map(({ content }) => JSON.parse(content) as unknown),
    ['P1', 'P4'].map((key) => ({ actor: 'anna', key })),
  )
})

test('the name of a colleague goes as who acted and as what was told, and nobody else with it', async () => {
  const siteId = await newSite()
  const act = (name: string, values: Detail): Promise<number> =>
    database.site(siteId, (session) =>
      appendAudit(
        session,
        {
          siteId,
          actor: { kind: 'commandLine', name },
          action: 'edit',
          phase: 'note',
          detail: {},
          values,
        },
        new Date(),
      ),
    )
  await act('karin', { told: { key: 'P1' } })
  await act('anna', { told: { account: 'karin' } })
  await act('anna', { told: { key: 'karina' } })
  await act('karin-2', { told: { reason: 'asked for by karin' } })
  const erase = (): Promise<number> =>
    database.site(siteId, (session) =>
      eraseNameFromAudit(
        session,
        siteId,
        'karin',
        { kind: 'commandLine', name: 'anna' },
        new Date(),
      ),
    )
  assert.equal(
    await database.site(siteId, (session) => countAuditNames(session, siteId, 'karin')),
    2,
  )
  assert.equal(await erase(), 2)
  assert.equal(await erase(), 0)
  const { broken, erased } = await verify(siteId)
  assert.deepEqual([broken, erased], [undefined, 2])
  const rest = await database.site(siteId, (session) =>
    session.query<{ content: string }>(
      'select content from audit_values where site_id = $1 order by entry',
      [siteId],
    ),
  )
  assert.deepEqual(
    rest.map(({ content }) => (JSON.parse(content) as { readonly actor: string }).actor),
    ['anna', 'karin-2', 'anna'],
    'and who had it erased',
  )
})

test('entries go after five years, the oldest ones, and what is left is verified from there', async () => {
  const siteId = await newSite()
  const now = new Date()
  for (const days of [2500, 2000, 1900, 100, 1950, 1]) {
    await note(siteId, { days }, new Date(now.getTime() - days * DAY))
  }
  const retain = (): Promise<number> =>
    database.site(siteId, (session) => retainAudit(session, siteId, now))
  assert.equal(await retain(), 3)
  const { from, entries, broken, head } = await verify(siteId)
  assert.deepEqual([from, entries, broken], [4, 4, undefined])
  assert.equal(await retain(), 0)
  await note(siteId)
  assert.equal((await verify(siteId, head.hash.toString('hex'))).broken, undefined)
  const values = await database.site(siteId, (session) =>
    session.query<{ entry: number }>(
      'select entry from audit_values where site_id = $1 order by 1',
      [siteId],
    ),
  )
  assert.deepEqual(
    values.map(({ entry }) => entry),
    [4, 5, 6, 8],
  )
})

test('the app can only add and read; the owner is stopped, too', async () => {
  const siteId = await chainOf(2)
  const statements = [
    "update audit set action = 'other'",
    'delete from audit',
    'truncate audit',
    'update audit_cuts set up_to = 0',
    'delete from audit_cuts',
    "update audit_values set content = '{}'",
    'truncate audit_values',
  ]
  for (const statement of statements) {
    const refused = { code: '42501' }
    await assert.rejects(
      database.site(siteId, (session) => session.execute(statement)),
      refused,
      statement,
    )
    if (statement.includes('audit_cuts')) continue
    await assert.rejects(
      connected(owner, async (client) => {
        await client.query(`select set_config('rollcall.site', '${siteId}', false)`)
        await client.query(statement)
      }),
      refused,
      statement,
    )
  }
})

test('what is younger than five years is not deleted, whoever says that it was cut', async () => {
  const siteId = await chainOf(3)
  await assert.rejects(
    database.site(siteId, async (session) => {
      await session.execute(
        `insert into audit_cuts select site_id, entry, hash, now() from audit where site_id = $1 and entry = 2`,
        [siteId],
      )
      await session.query('select forget_audit()')
    }),
    { code: '42501' },
  )
  assert.equal((await verify(siteId)).entries, 3)
})

test('many who write at once make one chain, and each site has its own', async () => {
  const [one, two] = [await newSite(), await newSite()]
  await Promise.all(
    Array.from({ length: 60 }, (_, n) => note(n % 3 === 0 ? two : one, { key: `P${n}` })),
  )
  const found = await Promise.all([verify(one), verify(two)])
  assert.deepEqual(
    found.map(({ entries, broken }) => [entries, broken]),
    [
      [40, undefined],
      [20, undefined],
    ],
  )
})

test('a site sees neither the log of another nor that of the installation', async () => {
  const [one] = [await chainOf(1), await chainOf(1)]
  await noteInAudit(database, { siteId: 0, actor, action: 'test', detail: {} }, () => new Date())
  const seen = await database.site(one, (session) =>
    session.query<{ site: number }>('select distinct site_id as site from audit'),
  )
  assert.deepEqual(seen, [{ site: one }])
  const { broken, entries } = await database.installation((session) => verifyAudit(session, 0))
  assert.deepEqual([broken, entries], [undefined, 1])
})
