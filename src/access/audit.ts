import { randomBytes } from 'node:crypto'
import { RollcallError } from '../errors.ts'
import {
  type ChainedEntry,
  type ChainPlace,
  eraseAuditNames,
  eraseAuditValues,
  forgetAudit,
  insertAudit,
  lastBefore,
  lastCut,
  lockAudit,
} from '../store/audit.ts'
import type { Database, Session } from '../store/connect.ts'
import { inPlace } from '../store/place.ts'
import type { Actor } from './actor.ts'
import { CHAIN_BEGIN, digestOf, hashOfEntry } from './chain.ts'

/** How long entries are kept; the database refuses to delete younger ones. */
export const AUDIT_KEPT_YEARS = 5
/** Values of an entry, as JSON; longer ones are left out, which the entry says. */
export const AUDIT_VALUES_CHARACTERS_MAX = 20_000
const SALT_BYTES = 32

export type Detail = { readonly [name: string]: unknown }

export interface AuditEntry {
  readonly siteId: number
  readonly actor: Actor
  /** What was done, in the words of the command line: `sources set`. */
  readonly action: string
  readonly phase: ChainedEntry['phase']
  /** The entry that it ends. */
  readonly begun?: number
  /** Nothing personal: it cannot be erased. */
  readonly detail: Detail
  /** What may be personal. */
  readonly values?: Detail
}

/** Adds an entry in the session's transaction; other writers of the site wait until it has ended. Gives its number. */
export async function appendAudit(
  session: Session,
  { siteId, actor, action, phase, begun, detail, values }: AuditEntry,
  now: Date,
): Promise<number> {
  const before = (await lockAudit(session, siteId)) ?? CHAIN_BEGIN
  const content = values === undefined ? undefined : textOf({ actor: actor.name, ...values })
  const salt = randomBytes(SALT_BYTES)
  const entry: ChainedEntry = {
    siteId,
    entry: before.entry + 1,
    at: now.toISOString().replace('Z', '000Z'),
    actorKind: actor.kind,
    actorId: 'id' in actor ? actor.id : null,
    action,
    phase,
    begun: begun ?? null,
    detail: JSON.stringify(detail),
    digest: content === undefined ? null : digestOf(salt, content),
  }
  const hash = hashOfEntry(before.hash, entry)
  await insertAudit(session, entry, hash, content === undefined ? undefined : { salt, content })
  return entry.entry
}

function textOf(values: Detail): string {
  const text = JSON.stringify(values)
  if (text.length <= AUDIT_VALUES_CHARACTERS_MAX) return text
  return JSON.stringify({ actor: values['actor'], leftOut: `${text.length} characters` })
}

export interface Action extends Pick<AuditEntry, 'siteId' | 'actor' | 'action'> {
  readonly database: Database
  readonly values: Detail
  readonly now: () => Date
}

/**
 * Does something that changes what is kept, with an entry before it and one after it: a process that is killed between the
 * two has left the first. `detailOf` says what of the result the second holds, which must not be personal. Every edge
 * through which people or tokens act goes through this.
 */
export async function audited<T>(
  action: Action,
  work: () => Promise<T>,
  detailOf: (result: T) => Detail = () => ({}),
): Promise<T> {
  const { database, siteId, values } = action
  const begun = await write(database, { ...action, phase: 'begun', detail: {}, values }, action.now)
  const end = (phase: 'done' | 'failed', detail: Detail): Promise<number> => {
    const { actor, action: words } = action
    return write(database, { siteId, actor, action: words, phase, begun, detail }, action.now)
  }
  let result: T
  try {
    result = await work()
  } catch (error) {
    const code = error instanceof RollcallError ? error.code : 'ERR_INTERNAL'
    // What broke may be the connection; the error is what matters, and that it began is written down.
    await end('failed', { error: code }).catch(() => {})
    throw error
  }
  await end('done', detailOf(result))
  return result
}

/** Writes an entry in a transaction of its own. */
function write(database: Database, entry: AuditEntry, now: () => Date): Promise<number> {
  return inPlace(database, entry.siteId, (session) => appendAudit(session, entry, now()))
}

/** Writes down something that takes no time, such as a password that was wrong. */
export async function noteInAudit(
  database: Database,
  note: Omit<AuditEntry, 'phase' | 'begun'>,
  now: () => Date,
): Promise<void> {
  await write(database, { ...note, phase: 'note' }, now)
}

const SELF: Actor = { kind: 'service', name: 'Rollcall' }

/**
 * Erases values in which somebody is found, by a pattern for JSON, and says so in the log: the chain holds on. Gives how
 * many entries lost theirs.
 */
export async function eraseFromAudit(
  session: Session,
  siteId: number,
  pattern: string,
  now: Date,
): Promise<number> {
  return noteErased(session, siteId, await eraseAuditValues(session, siteId, pattern), SELF, now)
}

/**
 * The same for a colleague's name, wherever it stands by itself: as who acted, or as what a command was told. `actor` is who
 * has it erased.
 */
export async function eraseNameFromAudit(
  session: Session,
  siteId: number,
  name: string,
  actor: Actor,
  now: Date,
): Promise<number> {
  return noteErased(session, siteId, await eraseAuditNames(session, siteId, name), actor, now)
}

async function noteErased(
  session: Session,
  siteId: number,
  erased: readonly number[],
  actor: Actor,
  now: Date,
): Promise<number> {
  if (erased.length === 0) return 0
  const note = { siteId, actor, action: 'audit erase', phase: 'note', detail: { erased } } as const
  await appendAudit(session, actor === SELF ? note : { ...note, values: {} }, now)
  return erased.length
}

/** The last entry that is too old to be kept, and how many are. */
export async function auditDue(
  session: Session,
  siteId: number,
  now: Date,
): Promise<{ readonly last: ChainPlace; readonly entries: number } | undefined> {
  const before = new Date(now)
  before.setUTCFullYear(before.getUTCFullYear() - AUDIT_KEPT_YEARS)
  const last = await lastBefore(session, siteId, before.toISOString())
  if (last === undefined) return undefined
  return { last, entries: last.entry - ((await lastCut(session, siteId))?.entry ?? 0) }
}

/**
 * Deletes entries that are older than five years, the oldest ones without a gap. The log itself says where it was cut off
 * and with which hash: what is left is verified from there. Gives how many went.
 */
export async function retainAudit(session: Session, siteId: number, now: Date): Promise<number> {
  const last = (await auditDue(session, siteId, now))?.last
  if (last === undefined) return 0
  const forgotten = { upTo: last.entry, hash: last.hash.toString('hex') }
  const note = {
    siteId,
    actor: SELF,
    action: 'audit forget',
    phase: 'note',
    detail: { forgotten },
  } as const
  await appendAudit(session, note, now)
  return forgetAudit(session, siteId, last, now.toISOString())
}
