/**
 * Runs all tests: checks of the source, pure tests, database tests on the embedded cluster and on a server, tests from end to
 * end. Arguments choose: only files whose path holds one of them, and no checks.
 * With ROLLCALL_TEST_COMPLETE=1 whatever is left out is a failure; with ROLLCALL_TEST_EVERYWHERE=1, or where files are chosen,
 * every database test runs on both databases.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { joinEmbedded } from '../src/store/embedded.ts'
import { longestFirst, type Variant } from './longest-first.ts'
import { roomyFolder } from './roomy-folder.ts'
import { findServer, startServer } from './server.ts'

const root = path.resolve(import.meta.dirname, '..')
const chosen = process.argv.slice(2)
const complete = process.env['ROLLCALL_TEST_COMPLETE'] === '1'
/** Three more than there are cores: databases wait for the disk, tests of the program for processes that they killed. */
const AT_ONCE = os.availableParallelism() + 3
const SLOWEST_TOLD = 10
/** Five times what the longest file takes on two busy cores: one that hangs fails, and does not hold up all others. */
const FILE_MS_MAX = 15 * 60_000
/** Two clusters with a gigabyte of log each, and those of the tests. */
const ROOM_BYTES = 6 * 1024 ** 3

/** Something to run, by itself: a check, or a file of tests. */
interface Job {
  readonly title: string
  run(): Promise<void>
}

let passed = 0
let failed = 0
const leftOut = new Map<string, number>()
const seconds = new Map<string, number>()

async function check(title: string, program: string, args: readonly string[]): Promise<void> {
  const script = fs.realpathSync(path.join(root, 'node_modules/.bin', program))
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) passed += 1
  else failed += 1
  console.log(`${code === 0 ? '' : said}${code === 0 ? '✔' : '✖'} ${title}`)
}

async function testFile(title: string, file: string, env: NodeJS.ProcessEnv): Promise<void> {
  const events = run({
    files: [file],
    concurrency: 1,
    cwd: root,
    env: { ...process.env, ...env },
    signal: AbortSignal.timeout(FILE_MS_MAX),
  })
  events.on('test:pass', ({ skip }) => {
    if (skip === undefined || skip === false) return
    const why = typeof skip === 'string' ? skip : 'no reason said'
    leftOut.set(why, (leftOut.get(why) ?? 0) + 1)
  })
  events.on('test:summary', ({ file: of, counts }) => {
    // One for the file, and one of all.
    if (of !== undefined) return
    passed += counts.passed
    failed += counts.tests - counts.passed - counts.skipped - counts.todo
  })
  // Printed in one piece, as others run meanwhile; the reporter's closing figures are of one file only, ours come at the end.
  let printed = `\n${title}\n`
  const figure = /ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d/
  const lines = events.compose(new spec())
  lines.on('data', (line: Buffer) => {
    if (!figure.test(String(line))) printed += String(line)
  })
  await once(lines, 'end')
  process.stdout.write(printed)
}

/** Runs them in their order, so many at a time. */
async function runAll(jobs: readonly Job[]): Promise<void> {
  const waiting = jobs.values()
  const work = async (): Promise<void> => {
    for (const job of waiting) {
      const begun = performance.now()
      await job.run()
      seconds.set(job.title, (performance.now() - begun) / 1000)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

const files = fs
  .globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => chosen.length === 0 || chosen.some((part) => file.includes(part)))
  .sort()
const databaseFiles = files.filter((file) => file.endsWith('.db.test.ts'))
// Of the embedded cluster itself, whatever the others run on.
const serverFiles = databaseFiles.filter((file) => !path.basename(file).startsWith('embedded'))
const programs = serverFiles.length > 0 ? findServer() : undefined
if (serverFiles.length > 0 && programs === undefined) {
  leftOut.set('needs the package postgresql', serverFiles.length)
}

// Types are stripped and modules compiled once for all the processes, beside the launcher's: 0.6 s of processor time less
// for each file with a database.
process.env['NODE_COMPILE_CACHE'] ??= path.join(root, 'node_modules/.rollcall')

// Everything that tests write. Its name is short, for sockets lie below it.
const temporary = fs.mkdtempSync(path.join(roomyFolder(ROOM_BYTES), 'rollcall-'))
fs.chmodSync(temporary, 0o1777)
process.env['TMPDIR'] = temporary
// One cluster for all files of the run: held here, so that it is not stopped between two of them.
const home = fs.mkdtempSync(path.join(temporary, 'test-'))
fs.chmodSync(home, 0o711)
const settings = { fsync: 'off', full_page_writes: 'off' }
const embedded = databaseFiles.length > 0 ? await joinEmbedded(home, { settings }) : undefined
const server = programs === undefined ? undefined : await startServer(programs)

const environments: { readonly [variant in Variant]: NodeJS.ProcessEnv } = {
  pure: {},
  // It knows of the server, that they may part what is tried many times.
  embedded: { ROLLCALL_TEST_HOME: home, ROLLCALL_TEST_SERVER: server?.url },
  server: { ROLLCALL_TEST_DATABASE: 'server', ROLLCALL_TEST_SERVER: server?.url },
  'end to end': {},
}
const checks = [
  ['tsc'],
  ['oxlint', '--type-aware', '--deny-warnings'],
  ['prettier', '--check', '--log-level', 'warn', '.'],
].map(([program = '', ...args]): Job => {
  const title = [program, ...args].join(' ')
  return { title, run: () => check(title, program, args) }
})
const everywhere = chosen.length > 0 || process.env['ROLLCALL_TEST_EVERYWHERE'] === '1'
const order = longestFirst(files, { withServer: server !== undefined, everywhere })
const tests = order.map(({ file, variant }): Job => {
  const title = variant === 'embedded' || variant === 'server' ? `${file} (${variant})` : file
  return { title, run: () => testFile(title, path.join(root, file), environments[variant]) }
})
try {
  await runAll([...(chosen.length === 0 ? checks : []), ...tests])
} finally {
  await server?.stop()
  await embedded?.leave({ wait: true })
  fs.rmSync(temporary, { recursive: true, force: true })
}

console.log('')
const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST_TOLD)
for (const [title, took] of slowest) console.log(`${took.toFixed(1).padStart(6)} s  ${title}`)
for (const [why, count] of leftOut) {
  const what =
    why === 'needs the package postgresql' ? 'database tests on a server' : `${count} tests`
  console.log(`left out: ${what}, ${why}`)
}
if (complete && leftOut.size > 0) {
  failed += leftOut.size
  console.log('Nothing may be left out here (ROLLCALL_TEST_COMPLETE=1).')
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
