import fs from 'node:fs'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { readConfig } from '../config.ts'
import { type Embedded, joinEmbedded } from '../store/embedded.ts'
import { notice } from './notice.ts'

/** Commands that need no database, that open it in their own way, or that bring it to this version. */
const OTHERS = new Set(['check', 'demo', 'help', 'serve', 'worker', 'migrate', 'backup', 'restore'])

let joining: Promise<Embedded> | undefined

/**
 * Begins to start the embedded database before the program is loaded: PostgreSQL takes about as long as that, on another core.
 * Nothing is begun where there is no database yet, and nothing is said of what fails: whoever opens it is told.
 */
export async function joinAhead(words: readonly string[]): Promise<void> {
  const [command = '-', ...more] = words
  if (command.startsWith('-') || OTHERS.has(command)) return
  if (more.some((word) => word === '-h' || word === '--help')) return
  const home = homeWithDatabase()
  if (home === undefined) return
  joining = joinEmbedded(home, { notice })
  joining.catch(() => {})
  // Loading keeps this thread busy: the server's process is started before.
  await setImmediate()
}

function homeWithDatabase(): string | undefined {
  try {
    const { databaseUrl, home } = readConfig(process.env)
    return databaseUrl === undefined && fs.existsSync(path.join(home, 'start.lock'))
      ? home
      : undefined
  } catch {
    return undefined
  }
}

/** Gives the embedded database that is being joined, to one taker. */
export function takeJoined(): Promise<Embedded> | undefined {
  const joined = joining
  joining = undefined
  return joined
}

/** Leaves it where the command ended without having opened the database. */
export async function leaveUntaken(): Promise<void> {
  const embedded = await takeJoined()?.catch(() => undefined)
  await embedded?.leave()
}
