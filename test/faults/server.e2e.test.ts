/** What becomes of commands that are killed, whose PostgreSQL server is restarted, or to which the way is cut or goes silent. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Bed, type Beds, bedsOf } from '../kill/beds.ts'
import { killOnce } from '../kill/kill.ts'
import { type Measured, measure, OPERATIONS, prepare } from '../kill/operations.ts'
import { type Ended, start } from '../kill/process.ts'
import { differences } from '../kill/site-dump.ts'
import { findServer, type TestServer } from '../server.ts'
import { type Proxy, startProxy } from './proxy.ts'

const skip = findServer() === undefined && 'needs the package postgresql'
/** Of the moments of the kills: `test/kill/run.ts` takes others, and many. */
const SEED = 20_260_901
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-faults-'))
let beds: Beds
let server: TestServer
let proxy: Proxy
const operations = new Map<string, Measured>()

before(async () => {
  const made = skip === false ? await bedsOf('server') : undefined
  if (made?.server === undefined) return
  beds = made
  server = made.server
  proxy = await startProxy(server.url)
  for (const operation of await prepare(beds, folder)) {
    operations.set(operation.name, await measure(beds, operation))
  }
})
after(async () => {
  await proxy?.close()
  await beds?.close()
  fs.rmSync(folder, { recursive: true })
})

/** Runs an operation by way of the proxy; `fault` happens once it has sent a statement, and may be waited for. */
async function disturbed(
  operation: Measured,
  bed: Bed,
  statement: number,
  fault: () => void | Promise<void>,
): Promise<Ended> {
  const { DATABASE_URL: url = '' } = bed.environment
  const environment = {
    ...bed.environment,
    DATABASE_URL: proxy.url(url),
    ROLLCALL_DATABASE_CONNECT_SECONDS_MAX: '2',
    ROLLCALL_DATABASE_SILENCE_SECONDS_MAX: '1',
  }
  const run = start(operation.args, environment)
  const happened = new Promise<void>((resolve, reject) => {
    run.when(`begun ${statement} `, () => {
      void Promise.resolve(fault()).then(resolve, reject)
    })
  })
  await happened
  return run.ended
}

/** What was done is whole or not there at all, and the same command comes to what it would have come to. */
async function assertNext(operation: Measured, bed: Bed, wasDone: boolean): Promise<void> {
  const stands = await bed.dump()
  const rows = (lines: readonly string[]): string[] =>
    lines.filter((line) => !line.startsWith('file '))
  const expected = wasDone ? operation.after : operation.before
  assert.deepEqual(
    differences(
      { ...stands, lines: rows(stands.lines) },
      { ...expected, lines: rows(expected.lines) },
    ),
    [],
  )
  const { code, err } = await start(operation.args, bed.environment).ended
  if (code !== operation.exit) assert.match(err, operation.again ?? /^$/)
  assert.equal(code === operation.exit || wasDone, true, err)
  assert.deepEqual(differences(await bed.dump(), operation.after), [])
}

const FAULTS = {
  'whose server is restarted in good order': () => server.restart('fast'),
  'whose server breaks down and comes back': () => server.restart('immediate'),
  'whose connection is cut': () => proxy.cut(),
  'whose server goes silent': () => proxy.hang(),
} as const

/** Each operation with each fault would take minutes and show the same. */
const CASES: readonly (readonly [
  operation: string,
  what: keyof typeof FAULTS,
  when: 'in the middle' | 'while it commits',
])[] = [
  ['import', 'whose server is restarted in good order', 'in the middle'],
  ['import', 'whose server breaks down and comes back', 'in the middle'],
  ['import', 'whose connection is cut', 'in the middle'],
  ['import', 'whose server goes silent', 'in the middle'],
  ['import', 'whose connection is cut', 'while it commits'],
  ['import', 'whose server goes silent', 'while it commits'],
  ['release', 'whose server breaks down and comes back', 'in the middle'],
  ['release', 'whose connection is cut', 'while it commits'],
  ['undo', 'whose server is restarted in good order', 'in the middle'],
  ['undo', 'whose server goes silent', 'while it commits'],
]

for (const [name, what, when] of CASES) {
  const atCommit = when === 'while it commits'
  const says = atCommit ? 'that it cannot know what was kept' : 'so and keeps nothing'
  test(`${name} ${what} ${when} says ${says}; run again it is done once`, { skip }, async () => {
    const operation = operations.get(name) as Measured
    const bed = await beds.make(operation.from)
    const [begin, commit] = operation.transaction
    const statement = atCommit ? commit : Math.round((begin + commit) / 2)
    const { code, err } = await disturbed(operation, bed, statement, FAULTS[what])
    proxy.heal()
    if (process.env['ROLLCALL_TEST_SHOW'] !== undefined)
      console.log(`${name} ${what} ${when}\n${err}`)
    assert.equal(code, 1, err)
    if (atCommit) {
      assert.match(
        err,
        /was being committed: all of it was kept, or nothing\n {2}rollcall runs tells/,
      )
      assert.match(err, /code: ERR_OUTCOME_UNKNOWN/)
    } else {
      assert.match(err, /rollcall: The database (cannot be reached|was shut down)/)
      assert.match(err, /Nothing of an unfinished run was kept\..*[Rr]un it again/)
      assert.match(err, /code: ERR_DATABASE_UNREACHABLE/)
    }
    // COMMIT may have got through.
    const isDone = atCommit && differences(await bed.dump(), operation.after).length === 0
    await assertNext(operation, bed, isDone)
    await bed.remove()
  })
}

for (const name of OPERATIONS) {
  test(
    `${name} killed at any moment is not to be seen once it is run again`,
    { skip },
    async () => {
      await killOnce(beds, operations.get(name) as Measured, [SEED])
    },
  )
}

test(
  'a server that cannot be reached at all is said to be, within the time for connecting',
  { skip },
  async () => {
    const operation = operations.get('import') as Measured
    const bed = await beds.make(operation.from)
    proxy.hang()
    const { code, err } = await start(operation.args, {
      ...bed.environment,
      DATABASE_URL: proxy.url(bed.environment['DATABASE_URL'] ?? ''),
      ROLLCALL_DATABASE_CONNECT_SECONDS_MAX: '1',
    }).ended
    proxy.heal()
    assert.equal(code, 1)
    assert.match(err, /ERR_DATABASE_UNREACHABLE/)
    await bed.remove()
  },
)

test(
  'a statement that takes longer than the limit on silence is waited for',
  { skip },
  async () => {
    const operation = operations.get('import') as Measured
    const bed = await beds.make(operation.from)
    // Somebody holds a table for a while: the import's statement stands still all that time.
    const ended = await bed.look(async (client) => {
      await client.query('begin; lock table persons in access exclusive mode')
      const run = start(operation.args, {
        ...bed.environment,
        ROLLCALL_DATABASE_CONNECT_SECONDS_MAX: '2',
        ROLLCALL_DATABASE_SILENCE_SECONDS_MAX: '1',
      })
      await client.query('select pg_sleep(5); commit')
      return run.ended
    })
    assert.equal(ended.code, 0, ended.err)
    assert.deepEqual(differences(await bed.dump(), operation.after), [])
    await bed.remove()
  },
)
