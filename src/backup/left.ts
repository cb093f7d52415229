import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { isRunning } from '../store/running.ts'

/** What another host has left is taken for left after so long: whether its process still runs cannot be seen from here. */
const LEFT_MS = 48 * 3_600_000

/** A name for what is under way, from which others see whose it is. */
export function nameOfOurs(prefix: string): string {
  return `${prefix}${os.hostname()}-${process.pid}-${randomUUID()}`
}

/** Removes folders of such names that processes which were killed have left. */
export function removeLeft(folder: string, prefix: string): void {
  if (!fs.existsSync(folder)) return
  const here = `${prefix}${os.hostname()}-`
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue
    const left = path.join(folder, name)
    const age = Date.now() - (fs.statSync(left, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    const isOver =
      name.startsWith(here) && !isRunning(Number(name.slice(here.length).split('-')[0]))
    if (isOver || age > LEFT_MS) fs.rmSync(left, { recursive: true, force: true })
  }
}
