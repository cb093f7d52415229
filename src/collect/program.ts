import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { compilePattern } from '../rules/pattern.ts'
import type { Fetched, Fetcher, Job } from './contract.ts'
import { failure } from './failure.ts'
import type { Incoming } from './incoming.ts'
import type { Program } from './programs.ts'

/** Seconds that a program which is over its time gets to end by itself. */
const GRACE_SECONDS = 3
/** How often its folder is measured, in milliseconds. */
const LOOK_MS = 500
/** Bytes that it may say on standard output and error; more is not read. None of it is kept: it may name persons. */
const SAID_BYTES_MAX = 1024 ** 2
const CHUNK_BYTES = 1024 ** 2
/** Files that it may leave. */
const LEFT_MAX = 10_000
/** In its environment, by which its children are found when it is over. */
const MARK = 'ROLLCALL_RUN'

/** A supplier's own client, run here as an account that can do nothing else; the file that it leaves is the delivery. */
export const programFetcher: Fetcher<'program'> = {
  test(job) {
    const program = programOf(job)
    job.say('settings', `the operator of this host lists it for this site`)
    try {
      const { mode } = lstatSync(program.command)
      if ((mode & 0o111) === 0) throw new Error('not executable')
    } catch (cause) {
      throw failure('ERR_PROGRAM_FAILED', 'run', 'there is no such program on this host', { cause })
    }
    job.say('run', 'the program is there; it is not run by a test')
    return Promise.resolve()
  },
  async *fetch(job) {
    const program = programOf(job)
    const home = mkdtempSync(path.join(os.tmpdir(), 'rollcall-program-'))
    try {
      handOver(home, program)
      await run(program, home, job)
      yield await left(program, home, job)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  },
}

function programOf({ settings, programs, siteName }: Job<'program'>): Program {
  const program = programs.get(settings.program)
  // Of another site's programs nothing is said, not even that there are any.
  if (program?.sites.includes(siteName) === true) return program
  throw failure('ERR_COLLECTOR_WRONG', 'settings', 'no such program is listed for this site', {
    hint: 'An operator lists programs in the file that ROLLCALL_PROGRAMS_FILE names: docs/collectors.md.',
  })
}

function handOver(home: string, { uid, gid }: Program): void {
  if (uid === process.getuid?.()) {
    throw failure('ERR_PROGRAM_FAILED', 'run', 'it would run as the account of the service', {
      hint: 'Give it an account of its own, which can read nothing of ours.',
    })
  }
  try {
    chmodSync(home, 0o700)
    chownSync(home, uid, gid)
  } catch (cause) {
    throw failure('ERR_PROGRAM_FAILED', 'run', 'this process may not act for another account', {
      hint: 'Run the service as root, or give it CAP_SETUID, CAP_SETGID, CAP_CHOWN, CAP_KILL and CAP_DAC_OVERRIDE.',
      cause,
    })
  }
}

/** Runs it to its end, or to one of its limits. */
async function run(program: Program, home: string, job: Job<'program'>): Promise<void> {
  const { deadline, secrets, say } = job
  const mark = randomUUID()
  deadline.at('run')
  const child = started(program, home, mark, secrets['password'])
  deadline.onEnd(() => kill(child, mark, program.uid, 'SIGKILL'))
  let stopped: string | undefined
  const stop = (why: string): void => {
    if (stopped !== undefined) return
    stopped = why
    kill(child, mark, program.uid, 'SIGTERM')
    setTimeout(() => kill(child, mark, program.uid, 'SIGKILL'), GRACE_SECONDS * 1000).unref()
  }
  let said = 0
  const listen = (chunk: Buffer): void => {
    said += chunk.length
    deadline.alive()
    if (said > SAID_BYTES_MAX) stop(`it said more than ${SAID_BYTES_MAX} bytes`)
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  const time = setTimeout(
    () => stop(`it ran longer than ${program.secondsMax} s`),
    program.secondsMax * 1000,
  )
  const look = setInterval(() => {
    // It is the program's own limit that counts while it runs.
    deadline.alive()
    if (sizeOf(home) > program.fileBytesMax) {
      stop(`its folder holds more than ${program.fileBytesMax} bytes`)
    }
  }, LOOK_MS)
  try {
    const { code, signal } = await ended(child)
    // Nothing of it stays behind, even what has left its process group.
    kill(child, mark, program.uid, 'SIGKILL')
    if (stopped !== undefined) throw failure('ERR_PROGRAM_FAILED', 'run', stopped)
    if (code !== 0) {
      const how = signal === null ? `with exit code ${code}` : `by signal ${signal}`
      throw failure('ERR_PROGRAM_FAILED', 'run', `it ended ${how}`, {
        hint: 'What it said is not kept. Run it by hand as its account to see.',
      })
    }
    // The kernel cuts a file off at the limit, and a script may not mind.
    if (sizeOf(home) >= program.fileBytesMax) {
      const what = `its folder holds ${program.fileBytesMax} bytes or more`
      throw failure('ERR_PROGRAM_FAILED', 'run', what)
    }
    say('run', 'it ended well')
  } finally {
    clearTimeout(time)
    clearInterval(look)
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

/** Through `sh` for the umask and `prlimit` (util-linux) for what the kernel limits; the command's words are not read by either. */
function started(
  { command, arguments: words, uid, gid, environment, ...limits }: Program,
  home: string,
  mark: string,
  password: string | undefined,
): ChildProcess {
  const given = words.map((word) => word.replaceAll('{folder}', home))
  const limited = [
    '/usr/bin/prlimit',
    `--as=${limits.memoryBytesMax}`,
    `--fsize=${limits.fileBytesMax}`,
    `--nproc=${limits.processesMax}`,
    '--core=0',
    '--',
    command,
    ...given,
  ]
  return spawn('/bin/sh', ['-c', 'umask 077; exec "$@"', 'sh', ...limited], {
    uid,
    gid,
    cwd: home,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      ...environment,
      HOME: home,
      TMPDIR: home,
      [MARK]: mark,
      ...(password === undefined ? {} : { ROLLCALL_PASSWORD: password }),
    },
  })
}

function ended(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      reject(failure('ERR_PROGRAM_FAILED', 'run', 'it cannot be started', { cause }))
    })
    // Not `close`: a child of it may hold its output open for ever.
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
}

/** Ends its process group, and whatever of the same account carries the mark of this run. */
function kill(child: ChildProcess, mark: string, uid: number, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  send(-child.pid, signal)
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (lstatSync(`/proc/${name}`).uid !== uid) continue
      const variables = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0')
      if (variables.includes(`${MARK}=${mark}`)) send(Number(name), signal)
    } catch {
      // It has ended meanwhile.
    }
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/** Bytes of all that lies in a folder; links are not followed. Stops counting at what is too much to look at. */
function sizeOf(folder: string): number {
  let bytes = 0
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  if (names.length > LEFT_MAX) return Infinity
  for (const name of names) {
    bytes += lstatSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/** The newest file of the name that was agreed on, copied out of the program's reach. */
async function left(program: Program, home: string, job: Job<'program'>): Promise<Fetched> {
  const { matches } = compilePattern(program.leaves)
  const files = readdirSync(home)
    .filter((name) => matches(name))
    .map((name) => ({ name, stat: lstatSync(path.join(home, name)) }))
    .filter(({ stat }) => stat.isFile())
    .toSorted((one, other) => one.stat.mtimeMs - other.stat.mtimeMs)
  const newest = files.at(-1)
  if (newest === undefined) {
    throw failure('ERR_PROGRAM_FAILED', 'files', 'it left no file of the name that was agreed on', {
      hint: `It should leave ${program.leaves} in its folder.`,
    })
  }
  job.deadline.at('fetch')
  const file = job.open()
  await copied(path.join(home, newest.name), program.uid, file, job.deadline.alive)
  file.close()
  return { name: program.leaves, shown: newest.name, mark: `hash ${file.sha256}`, file }
}

/** A file of the program's own and no other: not a link to what only we can read. */
async function copied(from: string, uid: number, into: Incoming, alive: () => void): Promise<void> {
  const descriptor = openSync(
    from,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  )
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.uid !== uid || stat.nlink !== 1) {
      throw failure('ERR_PROGRAM_FAILED', 'files', 'what it left is not a file of its own')
    }
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const bytes = readSync(descriptor, chunk)
      if (bytes === 0) return
      into.write(chunk.subarray(0, bytes))
      alive()
      // Others of this process get their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    closeSync(descriptor)
  }
}
