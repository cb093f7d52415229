import assert from 'node:assert/strict'
import test from 'node:test'
import { failureText } from '../../../src/command/failures.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1']
const SECRETS = ['01010112345', 'Kari Hemmelig', 'kari.hemmelig', 'kari@x.example']
const [KEY, NAME, USERNAME, EMAIL] = SECRETS as [string, string, string, string]
const kari = { key: KEY, name: NAME, username: USERNAME, email: EMAIL }

function assertSaysNothing(text: string): void {
  for (const secret of SECRETS) assert.equal(text.includes(secret), false, text)
}

test('a run writes nothing of persons to standard error', async () => {
  const site = await nights()
  const written: string[] = []
  const write = process.stderr.write.bind(process.stderr)
  process.stderr.write = (chunk) => written.push(chunk.toString()) > 0
  try {
    const other = { ...kari, name: 'Other' }
    await site.apply({
      persons: [kari, 'P2'],
      groups,
      lists: [{ group: 'G1', members: [KEY, 'unknown'] }],
    })
    await site.import({ persons: [kari, other, 'P2'], groups })
    await site.hold({ persons: ['P3'], groups })
  } finally {
    process.stderr.write = write
  }
  assertSaysNothing(written.join(''))
})

test('the report of a run names no key and no value', async () => {
  const site = await nights()
  const lists = [{ group: 'G1', members: [KEY, 'unknown'] }]
  const reports = [
    await site.apply({ persons: [kari, 'P2'], groups, lists }),
    await site.apply({
      persons: [{ ...kari, name: `${NAME} 2` }, { ...kari, key: 'P4' }, 'P2'],
      groups,
      lists,
    }),
    await site.hold({ persons: ['P3'], groups, lists }),
  ]
  for (const report of reports) assertSaysNothing(JSON.stringify(report))
})

test('an operation that breaks in the database tells nothing of the rows that it was about', async () => {
  const site = await nights()
  await site.apply({ persons: ['P2'], groups })
  // Somebody has tampered with the roster: the key is there, but not as the source's.
  await site.query(
    `insert into persons (site_id, person_id, key, state, profile, username)
     select $1, 99999, null, 'active', 'student', $2 from sites where site_id = $1`,
    [USERNAME],
  )
  const broken = await site
    .query(
      `insert into persons (site_id, person_id, key, state, profile) values ($1, 1, $2, 'nowhere', 'student')`,
      [KEY],
    )
    .then(() => undefined)
    .catch((error: unknown) => error)
  assert.ok(broken instanceof Error)
  assertSaysNothing(failureText(broken, false))
  assertSaysNothing(failureText(broken, true))
})

test('a plan that is outdated says so without a key', async () => {
  const site = await nights({ limits: { 'persons.removed': { percent: 1, floor: 0 } } })
  const persons = [kari, 'P2', 'P3']
  await site.apply({ persons, groups })
  const held = await site.hold({ persons: ['P4'], groups })
  await site.query(`update persons set state = 'binned' where site_id = $1 and key = $2`, [KEY])
  const error = await site.release(held.run).catch((thrown: unknown) => thrown)
  assert.equal((error as { code?: string }).code, 'ERR_PLAN_OUTDATED')
  assertSaysNothing(failureText(error, true))
})
