import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { RollcallError } from '../errors.ts'

// Node has no flock. SQLite's file locks are the kernel's own (fcntl): they vanish with the process that holds them, however
// it ends, so that no lock can be stale and none needs to be broken. The lock files stay empty; nothing is ever written.

const SQLITE_BUSY = 5
const RETRY_MS = 10

/** A lock that this process holds until it is released, or until the process ends. */
export interface KernelLock {
  readonly release: () => void
}

/**
 * Takes a lock on `file` (made if absent) if it is free; gives undefined if it is not. Any number of processes hold it
 * `shared` at once; `exclusive` excludes all others, also others in this process.
 * @throws RollcallError ERR_EMBEDDED_FOLDER when the file cannot be made or the file system has no locks.
 */
export function tryLock(file: string, mode: 'shared' | 'exclusive'): KernelLock | undefined {
  let held: DatabaseSync | undefined
  try {
    held = new DatabaseSync(file, { timeout: 0 })
    held.exec(mode === 'shared' ? 'begin; select count(*) from sqlite_schema' : 'begin exclusive')
    const database = held
    return { release: () => database.close() }
  } catch (error) {
    if (held?.isOpen) held.close()
    const { errcode } = error as { errcode?: number }
    if (errcode !== undefined && (errcode & 0xff) === SQLITE_BUSY) return undefined
    throw new RollcallError('ERR_EMBEDDED_FOLDER', `${file} cannot be locked`, {
      hint: 'The folder must be writable, on a file system with file locks. Set ROLLCALL_HOME to another folder, or DATABASE_URL to a server.',
      cause: error,
    })
  }
}

/**
 * Waits for a lock, at most `limitMs` milliseconds; undefined when it is still held then. `onWait` is called once, if
 * there is anything to wait for.
 */
export async function waitForLock(
  file: string,
  mode: 'shared' | 'exclusive',
  limitMs: number,
  onWait: () => void = () => {},
): Promise<KernelLock | undefined> {
  // The system's clock may be set while we wait; this one only goes forward.
  const until = performance.now() + limitMs
  for (let told = false; ;) {
    const lock = tryLock(file, mode)
    if (lock !== undefined || performance.now() > until) return lock
    if (!told) onWait()
    told = true
    await sleep(RETRY_MS)
  }
}
