/**
 * Runs all tests in groups: checks of the source, pure tests, database tests on the embedded cluster and on a server, tests
 * from end to end. Arguments choose: only files whose path holds one of them, and no checks.
 * With ROLLCALL_TEST_COMPLETE=1 whatever is left out is a failure.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { joinEmbedded } from '../src/store/embedded.ts'
import { findServer, startServer } from './server.ts'

const root = path.resolve(import.meta.dirname, '..')
const chosen = process.argv.slice(2)
const complete = process.env['ROLLCALL_TEST_COMPLETE'] === '1'

let passed = 0
let failed = 0
const leftOut = new Map<string, number>()

function check(program: string, ...args: readonly string[]): void {
  const script = fs.realpathSync(path.join(root, 'node_modules/.bin', program))
  const done = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' })
  if (done.status === 0) passed += 1
  else {
    failed += 1
    console.log(`${done.stdout}${done.stderr}`)
  }
  console.log(`${done.status === 0 ? '✔' : '✖'} ${[program, ...args].join(' ')}`)
}

async function group(title: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return
  console.log(`\n${title}`)
  const events = run({ files: [...files], concurrency: os.availableParallelism(), cwd: root })
  events.on('test:pass', ({ skip }) => {
    if (skip === undefined || skip === false) return
    const why = typeof skip === 'string' ? skip : 'no reason said'
    leftOut.set(why, (leftOut.get(why) ?? 0) + 1)
  })
  events.on('test:summary', ({ file, counts }) => {
    // One for each file, and one of all.
    if (file !== undefined) return
    passed += counts.passed
    failed += counts.tests - counts.passed - counts.skipped - counts.todo
  })
  // The reporter's closing figures are of one group only; ours come at the end.
  const lines = events.compose(new spec())
  lines.on('data', (line: Buffer) => {
    const figure = /ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d/
    if (!figure.test(String(line))) process.stdout.write(line)
  })
  await once(lines, 'end')
}

const files = fs
  .globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => chosen.length === 0 || chosen.some((part) => file.includes(part)))
  .sort()
  .map((file) => path.join(root, file))
const databaseFiles = files.filter((file) => file.endsWith('.db.test.ts'))
const endToEnd = files.filter((file) => file.endsWith('.e2e.test.ts'))
const pure = files.filter((file) => !databaseFiles.includes(file) && !endToEnd.includes(file))
// Of the embedded cluster itself, whatever the others run on.
const serverFiles = databaseFiles.filter((file) => !path.basename(file).startsWith('embedded'))

if (chosen.length === 0) {
  check('tsc')
  check('oxlint', '--type-aware', '--deny-warnings')
  check('prettier', '--check', '--log-level', 'warn', '.')
}
await group('Pure', pure)

if (databaseFiles.length > 0) {
  // One cluster for all files of the run: held here, so that it is not stopped between two of them.
  const home = fs.mkdtempSync('/tmp/rollcall-test-')
  fs.chmodSync(home, 0o711)
  process.env['ROLLCALL_TEST_HOME'] = home
  const settings = { fsync: 'off', full_page_writes: 'off' }
  const embedded = await joinEmbedded(home, { settings })
  try {
    await group('Database: embedded', databaseFiles)
  } finally {
    await embedded.leave({ wait: true })
    fs.rmSync(home, { recursive: true, force: true })
  }
}

if (serverFiles.length > 0) {
  const programs = findServer()
  if (programs === undefined) {
    leftOut.set('needs the package postgresql', serverFiles.length)
  } else {
    const server = await startServer(programs)
    process.env['ROLLCALL_TEST_DATABASE'] = 'server'
    process.env['ROLLCALL_TEST_SERVER'] = server.url
    try {
      await group(`Database: server (${programs})`, serverFiles)
    } finally {
      await server.stop()
      delete process.env['ROLLCALL_TEST_DATABASE']
    }
  }
}
await group('End to end', endToEnd)

console.log('')
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
