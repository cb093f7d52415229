import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RollcallError } from '../errors.ts'
import { folderError, type Place } from './embedded-folder.ts'

const POLL_MS = 5
/** A killed server's children let go of its memory within a second or so; a full shutdown writes a checkpoint. */
const LEFTOVERS_LIMIT_MS = 30_000
const STOPPING_LIMIT_MS = 120_000
/** A full shutdown of a slow disk takes this long at most; one that takes longer hangs, and is made short. */
const STOPPING_PATIENCE_MS = 60_000
const SLOW_MS = 1_500
const LOG_BYTES_MAX = 1024 * 1024
/** How PostgreSQL says that there is no room. */
export const DISK_FULL = /No space left on device|Disk quota exceeded|Check free disk space/
// No process has it on any system: Linux ends at 4194304, macOS at 99999.
const NOBODYS_PID = 2_000_000_000

/** What postmaster.pid says of a running server. */
export interface Postmaster {
  readonly pid: number
  readonly socketFolder: string
  /** `starting`, `ready`, `standby` or `stopping`; empty while the file is being written. */
  readonly status: string
}

/** The server of `cluster`, if its process is alive. A file that a killed server left behind is not taken for one. */
export function runningPostmaster(cluster: string): Postmaster | undefined {
  const said = readPidFile(cluster)
  return said !== undefined && isServerOf(said.pid, cluster) ? said : undefined
}

function readPidFile(cluster: string): Postmaster | undefined {
  try {
    const lines = fs.readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    if (!Number.isInteger(pid) || pid <= 0) return undefined
    return { pid, socketFolder: lines[4] ?? '', status: (lines[7] ?? '').trim() }
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw folderError(`${cluster} cannot be read`, error)
  }
}

/** Whether process `pid` is the server of `cluster`: the number may have gone to another process, or to a dead one's remains. */
function isServerOf(pid: number, cluster: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false
  }
  try {
    const command =
      process.platform === 'linux'
        ? fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return command.includes('postgres') && command.includes(cluster)
  } catch {
    return false
  }
}

/** How a server is started. */
export interface Start {
  readonly binaries: string
  readonly cluster: string
  readonly place: Place
  readonly settings: readonly string[]
  readonly notice: (line: string) => void
}

/**
 * Starts the server and waits until it takes connections. What a killed server left behind is waited for and cleared.
 * @throws RollcallError ERR_EMBEDDED_START or ERR_EMBEDDED_FOLDER with what PostgreSQL said.
 */
export async function startPostmaster(start: Start): Promise<Postmaster> {
  const until = performance.now() + LEFTOVERS_LIMIT_MS
  for (let told = false; ; told = true) {
    disownPidFile(start.cluster)
    const outcome = await attempt(start)
    if ('pid' in outcome) return outcome
    const leftovers = /still in use|lock file ".*" already exists/.test(outcome.said)
    if (!leftovers || performance.now() > until) throw startError(outcome.said, start)
    if (!told) {
      start.notice(
        'The database was killed a moment ago; waiting until its last processes are gone',
      )
    }
    await sleep(200)
  }
}

/**
 * A server that was killed leaves its pid file. PostgreSQL clears that by itself unless the number belongs to a living
 * process by now (usual after a restart of a container). The file is not deleted then, for PostgreSQL reads in it which
 * shared memory to look for survivors in: only the number, which is provably not the server's, is made nobody's.
 */
function disownPidFile(cluster: string): void {
  const said = readPidFile(cluster)
  if (said === undefined) return
  for (const file of [
    path.join(cluster, 'postmaster.pid'),
    path.join(said.socketFolder, '.s.PGSQL.5432.lock'),
  ]) {
    try {
      const lines = fs.readFileSync(file, 'utf8').split('\n')
      if (Number(lines[0]) !== said.pid) continue
      fs.writeFileSync(file, [NOBODYS_PID, ...lines.slice(1)].join('\n'))
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT')
        throw folderError(`${file} is stale`, error)
    }
  }
}

async function attempt(start: Start): Promise<Postmaster | { said: string }> {
  const log = path.join(start.place.base, 'postgresql.log')
  const { descriptor, from } = openLog(log)
  const end: { said?: string } = {}
  try {
    const child = spawn(
      path.join(start.binaries, 'bin/postgres'),
      ['-D', start.cluster, ...start.settings.flatMap((setting) => ['-c', setting])],
      {
        ...start.place.as,
        cwd: start.place.base,
        // A group of its own: Ctrl-C at the command must not reach the server that others share.
        detached: true,
        stdio: ['ignore', descriptor, descriptor],
        env: serverEnvironment(),
      },
    )
    child.on('error', (error) => (end.said = String(error)))
    child.on('exit', (code, signal) => (end.said ??= `ended with ${signal ?? code}`))
    child.unref()
    for (let waited = 0; end.said === undefined; waited += POLL_MS) {
      await sleep(POLL_MS)
      const said = readPidFile(start.cluster)
      if (said?.pid === child.pid && said?.status === 'ready') return said
      if (waited === SLOW_MS) start.notice('The database is starting; it may be recovering')
    }
  } finally {
    fs.closeSync(descriptor)
  }
  return { said: `${end.said}\n${fs.readFileSync(log).subarray(from).toString()}` }
}

/** PostgreSQL's programs see nothing of our environment: PGDATA and its like would change what they do. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

/** Opens the log for appending. One that has grown is kept as `.1`; only starts, stops and breakdowns are written to it. */
function openLog(file: string): { descriptor: number; from: number } {
  try {
    const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (size > LOG_BYTES_MAX) fs.renameSync(file, `${file}.1`)
    const descriptor = fs.openSync(file, 'a', 0o600)
    return { descriptor, from: size > LOG_BYTES_MAX ? 0 : size }
  } catch (error) {
    throw folderError(`The database's log ${file} cannot be written`, error)
  }
}

function startError(said: string, start: Start): RollcallError {
  const fatal = /(?:FATAL|PANIC):\s+(.*)/.exec(said)?.[1] ?? said.split('\n')[0] ?? ''
  const log = path.join(start.place.base, 'postgresql.log')
  if (DISK_FULL.test(said)) {
    return folderError(`The embedded database in ${start.cluster} does not start`, {
      code: 'ENOSPC',
    })
  }
  if (/Permission denied|Read-only file system/.test(fatal)) {
    return folderError(`The embedded database in ${start.cluster} does not start (${fatal})`, {
      code: /Read-only/.test(fatal) ? 'EROFS' : 'EACCES',
    })
  }
  const hint = /still in use|already exists/.test(said)
    ? `Processes of a killed server still hold ${start.cluster}. Find and end them (ps -ef | grep postgres), then try again.`
    : /ENOENT|error while loading shared libraries/.test(said)
      ? 'The programs from npm need a system with glibc. Install PostgreSQL by other means and set DATABASE_URL.'
      : `Its log, ${log}, says more. A server can be used instead: set DATABASE_URL.`
  return new RollcallError('ERR_EMBEDDED_START', `The embedded database does not start: ${fatal}`, {
    hint,
  })
}

/**
 * Waits until a server that is starting is ready, or one that is stopping is gone; then undefined.
 * @throws RollcallError ERR_EMBEDDED_START after two minutes of stopping.
 */
export async function settledPostmaster(
  cluster: string,
  notice: (line: string) => void,
): Promise<Postmaster | undefined> {
  const began = performance.now()
  let hurried = false
  for (let told = false; ;) {
    const running = runningPostmaster(cluster)
    if (running === undefined || running.status === 'ready') return running
    const waited = performance.now() - began
    if (waited > SLOW_MS && !told) {
      told = true
      notice(`Waiting for the database, which is ${running.status || 'starting'}`)
    }
    if (waited > STOPPING_PATIENCE_MS && running.status === 'stopping' && !hurried) {
      hurried = true
      notice('The database does not finish stopping; ending it at once, which loses nothing')
      await stopPostmaster(cluster, { wait: false, immediate: true })
    }
    if (waited > STOPPING_LIMIT_MS && running.status === 'stopping') {
      throw new RollcallError(
        'ERR_EMBEDDED_START',
        `The embedded database (process ${running.pid}) has not finished stopping`,
        { hint: 'Try again later, or look in its log.' },
      )
    }
    await sleep(POLL_MS)
  }
}

/** How a server is stopped. */
export interface Stop {
  /** Until it is gone, not only until it has begun to. */
  readonly wait: boolean
  /** Without writing anything: what was committed is in the log, and recovered at the next start. */
  readonly immediate?: boolean
}

/**
 * Tells the server to stop: fast, which writes everything and drops connections that are left. Gives when it has begun to
 * (a few milliseconds), or with `wait` when it is gone.
 */
export async function stopPostmaster(
  cluster: string,
  { wait, immediate = false }: Stop,
): Promise<void> {
  const running = runningPostmaster(cluster)
  if (running === undefined) return
  try {
    process.kill(running.pid, immediate ? 'SIGQUIT' : 'SIGINT')
  } catch {
    return // Gone meanwhile.
  }
  const until = performance.now() + (wait ? STOPPING_LIMIT_MS : 200)
  while (performance.now() < until) {
    const now = runningPostmaster(cluster)
    if (now === undefined || (!wait && now.status === 'stopping')) return
    await sleep(2)
  }
}
