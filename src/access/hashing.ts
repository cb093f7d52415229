import { randomBytes } from 'node:crypto'
import { hash, parseOptions, verify } from '@node-rs/argon2'

/**
 * Argon2id as OWASP's Password Storage Cheat Sheet has it (19 MiB, 2 passes, 1 lane). A hash that was made with other
 * values is renewed when its owner signs in.
 */
export const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const ARGON2ID = '$argon2id$'

/** Hashes at a time, each of 19 MiB and some 20 ms of a core; others wait in line. */
export const HASHES_AT_ONCE_MAX = 2
/** Attempts to sign in that wait in line; one more is refused at once, so that a flood costs no memory. */
export const HASHES_WAITING_MAX = 100

let running = 0
const waiting: (() => void)[] = []

/** Whether so many wait that another attempt is to be turned away. */
export function hashingIsBusy(): boolean {
  return waiting.length >= HASHES_WAITING_MAX
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= HASHES_AT_ONCE_MAX) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}

/** The hash of a password with its parameters, as PHC string. Composed first, so that any keyboard gives the same. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize('NFKC'), ARGON2))
}

let ofNobody: Promise<string> | undefined

/** Whether the password is the one of the hash; without a hash the same work is done, and the answer is no. */
export async function passwordIs(password: string, stored: string | undefined): Promise<boolean> {
  ofNobody ??= hashPassword(randomBytes(32).toString('base64'))
  const against = stored ?? (await ofNobody)
  const same = await inTurn(() => verify(against, password.normalize('NFKC')))
  return same && stored !== undefined
}

/** Whether a hash was made with other parameters than today's. */
export function isOutdated(stored: string): boolean {
  const { memoryCost, timeCost, parallelism } = parseOptions(stored)
  return (
    !stored.startsWith(ARGON2ID) ||
    memoryCost !== ARGON2.memoryCost ||
    timeCost !== ARGON2.timeCost ||
    parallelism !== ARGON2.parallelism
  )
}
