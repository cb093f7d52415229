import { mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { isRunning } from '../store/running.ts'

/** Names of files that do not outlive their run begin so. */
export const UNDER_WAY = '.receiving-'
const UNPACKED = `${UNDER_WAY}unpacked-`

/**
 * A file to write and to read again, which only this process can reach: its name is gone as soon as it is open, so that
 * nothing is left of it however the process ends. One that was cut off in between is removed by the next.
 * Gives its descriptor; throws what the operating system says.
 */
export function openTemporaryFile(folder: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder)) {
    if (name.startsWith(UNPACKED) && !isRunning(Number(name.slice(UNPACKED.length)))) {
      rmSync(path.join(folder, name), { force: true })
    }
  }
  const file = path.join(folder, `${UNPACKED}${process.pid}`)
  rmSync(file, { force: true })
  const descriptor = openSync(file, 'wx+', 0o600)
  rmSync(file)
  return descriptor
}

/** What is said when a delivery's bytes cannot be written. */
export function notKept(how: 'kept' | 'unpacked', folder: string, cause: unknown): RollcallError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new RollcallError(
    'ERR_DELIVERY_NOT_KEPT',
    `the delivery cannot be ${how} in ${folder}: ${isFull ? 'the disk is full' : code}`,
    {
      cause,
      hint: `The roster is as it was. ${isFull ? 'Make room there' : 'See that the folder can be written to'}, then run it again.`,
    },
  )
}
