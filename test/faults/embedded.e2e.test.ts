/** What becomes of commands that are killed, whose embedded database is killed under them, or that meet each other. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Bed, type Beds, bedsOf } from '../kill/beds.ts'
import { killOnce } from '../kill/kill.ts'
import { type Measured, measure, OPERATIONS, prepare } from '../kill/operations.ts'
import { type Ended, start } from '../kill/process.ts'
import { differences, type Dump } from '../kill/site-dump.ts'

/** Of the moments of the kills: `test/kill/run.ts` takes others, and many. */
const SEED = 20_260_902
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-faults-'))
let beds: Beds
const operations = new Map<string, Measured>()

before(async () => {
  beds = (await bedsOf('embedded')) as Beds
  for (const operation of await prepare(beds, folder)) {
    operations.set(operation.name, await measure(beds, operation))
  }
})
after(async () => {
  await beds.close()
  fs.rmSync(folder, { recursive: true })
})

for (const name of OPERATIONS) {
  test(`${name} killed at any moment is not to be seen once it is run again`, async () => {
    await killOnce(beds, operations.get(name) as Measured, [SEED])
  })
}

/** Of the connection that runs the command. */
const BACKEND = `select pid from pg_stat_activity
  where application_name = 'rollcall' and state <> 'idle' order by xact_start limit 1`

const VICTIMS: { readonly [what: string]: (bed: Bed) => Promise<void> } = {
  'the server': (bed) => Promise.resolve(void bed.killDatabase()),
  'the process of its connection': (bed) =>
    bed.look(async (client) => {
      const { rows } = await client.query<{ pid: number }>(BACKEND)
      process.kill(rows[0]?.pid ?? 0, 'SIGKILL')
      // The server ends all connections then, this one too.
      await client.query('select pg_sleep(5)').catch(() => {})
    }),
}

for (const name of ['import', 'undo'] as const) {
  for (const [victim, kill] of Object.entries(VICTIMS)) {
    test(`${name} under which ${victim} is killed says so, keeps nothing, and does it all when run again`, async () => {
      const operation = operations.get(name) as Measured
      const bed = await beds.make(operation.from)
      const [begin, commit] = operation.transaction
      const statement = Math.round((begin + commit) / 2)
      const run = start(operation.args, { ...bed.environment, ROLLCALL_STOP: String(statement) })
      await new Promise<void>((resolve) => run.when(`begun ${statement} `, resolve))
      await kill(bed)
      // It may not have stopped yet when it says so.
      const waking = setInterval(() => process.kill(run.pid, 'SIGCONT'), 100)
      const { code, err } = await run.ended.finally(() => clearInterval(waking))
      show(err)
      assert.equal(code, 1, err)
      assert.match(err, /rollcall: The database (cannot be reached|was shut down)/)
      assert.match(err, /Nothing of an unfinished run was kept\..*[Rr]un it again/)
      assert.match(err, /code: ERR_DATABASE_UNREACHABLE/)
      same(rows(await bed.dump()), rows(operation.before))
      const next = await start(operation.args, bed.environment).ended
      assert.equal(next.code, operation.exit, next.err)
      same(await bed.dump(), operation.after)
      await bed.remove()
    })
  }
}

const DONE_ALREADY = /does not wait: it is|is undone already/

/** What is started together, and what there is in the end, whoever came first. */
const PAIRS: readonly (readonly [string, string, string])[] = [
  ['import', 'import', 'import'],
  ['import, packed', 'import', 'import'],
  ['undo', 'undo', 'undo'],
  ['release', 'release', 'release'],
]

for (const [one, other, whole] of PAIRS) {
  test(`${one} and ${other} started together come to what one of them does`, async () => {
    const expected = operations.get(whole) as Measured
    const bed = await beds.make(expected.from)
    const ended = await together(bed, one, other)
    for (const { code, err } of ended) if (code !== 0) assert.match(err, DONE_ALREADY)
    assert.ok(ended.some(({ code }) => code === 0))
    same(rosterOf(await bed.dump()), rosterOf(expected.after))
    await bed.remove()
  })
}

test('a release and an import started together: the plan is released, or superseded by the newer delivery', async () => {
  const release = operations.get('release') as Measured
  const bed = await beds.make(release.from)
  const [released, imported] = await together(bed, 'release', 'import')
  show(`${released?.err}${imported?.err}`)
  // What was released and comes back the same night may be too much for the filter.
  assert.ok(imported?.code === 0 || imported?.code === 3, imported?.err)
  if (released?.code !== 0) assert.match(released?.err ?? '', /does not wait: it is superseded/)
  const states = await bed.look(async (client) => {
    const { rows: runs } = await client.query<{ state: string }>(
      'select state from runs order by run_id',
    )
    return runs.map(({ state }) => state).join(' ')
  })
  const plan = released?.code === 0 ? 'released' : 'superseded'
  assert.equal(states, `applied ${plan} ${imported.code === 0 ? 'applied' : 'held'}`)
  await bed.remove()
})

async function together(bed: Bed, ...names: readonly string[]): Promise<Ended[]> {
  return Promise.all(
    names.map((name) => start((operations.get(name) as Measured).args, bed.environment).ended),
  )
}

function rows(dump: Dump): Dump {
  return { ...dump, lines: dump.lines.filter((line) => !line.startsWith('file ')) }
}

/** Without what says how it came about: a packed delivery and the plain one are two files with the same roster. */
function rosterOf(dump: Dump): Dump {
  const lines = dump.lines.filter((line) => !/^(file|deliveries|runs|sources|events) /.test(line))
  return { ...dump, lines }
}

function same(found: Dump, expected: Dump): void {
  assert.deepEqual(differences(found, expected), [])
}

function show(said: string): void {
  if (process.env['ROLLCALL_TEST_SHOW'] !== undefined) console.log(said)
}
