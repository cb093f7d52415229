import { mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'

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

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
