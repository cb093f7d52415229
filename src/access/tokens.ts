import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { inPlace } from '../store/place.ts'
import { insertToken, listTokens, revokeToken, tokenByHash, touchToken } from '../store/tokens.ts'
import { RollcallError } from '../errors.ts'
import { checkedName } from '../store/names.ts'
import type { Actor, Scope, TokenActor } from './actor.ts'

/** What every token begins with, so that whoever finds one, a scanner of code say, knows what it is. */
export const TOKEN_PREFIX = 'rollcall_'
const RANDOM_BYTES = 32
const CHECK_BYTES = 4
const FORM = new RegExp(`^${TOKEN_PREFIX}[A-Za-z0-9_-]{48}$`)
/** Tokens of a site that can be used. */
export const TOKENS_MAX = 100
/** How often its last use is written down at most. */
const TOUCH_SECONDS = 60

/** A new token: 256 random bits with a checksum, so that a typing error is told from one that is unknown. */
export function newToken(): string {
  const random = randomBytes(RANDOM_BYTES)
  return `${TOKEN_PREFIX}${Buffer.concat([random, checksum(random)]).toString('base64url')}`
}

function checksum(random: Uint8Array): Buffer {
  const bytes = Buffer.alloc(CHECK_BYTES)
  bytes.writeUInt32BE(crc32(random))
  return bytes
}

/** Whether a text can be a token at all. */
export function isWellFormed(text: string): boolean {
  if (!FORM.test(text)) return false
  const bytes = Buffer.from(text.slice(TOKEN_PREFIX.length), 'base64url')
  const random = bytes.subarray(0, RANDOM_BYTES)
  return checksum(random).equals(bytes.subarray(RANDOM_BYTES))
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

export type TokenRefusal = 'malformed' | 'unknown' | 'expired' | 'revoked'
export type TokenCheck = { readonly actor: TokenActor } | { readonly refused: TokenRefusal }

/** Whose token this is. The reason of a refusal is for the log; whoever shows a token is not told it. */
export async function authenticateToken(
  database: Database,
  text: string,
  now: Date,
): Promise<TokenCheck> {
  if (!isWellFormed(text)) return { refused: 'malformed' }
  const hash = hashOf(text)
  const at = now.toISOString()
  const token = await database.operator((session) => tokenByHash(session, hash, at, TOUCH_SECONDS))
  if (token === undefined) return { refused: 'unknown' }
  if (token.isRevoked) return { refused: 'revoked' }
  if (token.isExpired) return { refused: 'expired' }
  const { id, name, siteId, sourceId } = token
  if (token.isTouched) {
    await inPlace(database, siteId, (session) => touchToken(session, siteId, id, at))
  }
  const scopes = token.scopes as readonly Scope[]
  return { actor: { kind: 'token', id, name, siteId, sourceId, scopes } }
}

export interface NewToken {
  /** 0: of the installation. */
  readonly siteId: number
  readonly name: string
  readonly sourceId: number | null
  readonly scopes: readonly Scope[]
  readonly expiresAt: string | null
}

/**
 * Makes a token; gives its number, and its text this once.
 * @throws RollcallError ERR_USAGE
 */
export async function createToken(
  database: Database,
  made: NewToken,
  now: Date,
): Promise<{ readonly id: number; readonly token: string }> {
  const name = checkedName(made.name)
  if (made.scopes.length === 0) throw new RollcallError('ERR_USAGE', 'A token needs a scope')
  if (made.expiresAt !== null && Date.parse(made.expiresAt) <= now.getTime()) {
    throw new RollcallError('ERR_USAGE', 'The token would have expired already')
  }
  const token = newToken()
  const scopes = [...new Set(made.scopes)]
  const row = {
    ...made,
    name,
    scopes,
    hash: hashOf(token),
    now: now.toISOString(),
    max: TOKENS_MAX,
  }
  const id = await inPlace(database, made.siteId, (session) => insertToken(session, row))
  if (id === 'taken') throw new RollcallError('ERR_USAGE', `There is a token ${name} already`)
  if (id === 'tooMany')
    throw new RollcallError('ERR_USAGE', `A site has at most ${TOKENS_MAX} tokens`)
  return { id, token }
}

/** The last moment of a day, up to which a token can be used. */
export function endOf(day: string): string {
  return `${day}T23:59:59.999Z`
}

/** Lets nobody use a token any more. @throws RollcallError ERR_NOT_FOUND */
export async function endToken(
  database: Database,
  siteId: number,
  id: number,
  now: Date,
): Promise<void> {
  const isRevoked = await inPlace(database, siteId, (session) =>
    revokeToken(session, siteId, id, now.toISOString()),
  )
  if (isRevoked) return
  throw new RollcallError('ERR_NOT_FOUND', `There is no token ${id} that can be used`, {
    hint: 'rollcall tokens list shows them with their numbers.',
  })
}

/**
 * Whether somebody may make a token: a token none that may more than itself, or that lasts longer.
 * @throws RollcallError ERR_NOT_ALLOWED
 */
export async function checkMayMake(
  database: Database,
  actor: Actor,
  made: Pick<NewToken, 'siteId' | 'sourceId' | 'scopes' | 'expiresAt'>,
): Promise<void> {
  if (actor.kind !== 'token') return
  const isElsewhere = actor.siteId !== INSTALLATION && actor.siteId !== made.siteId
  const isWider = made.scopes.some((scope) => !actor.scopes.includes(scope))
  if (isElsewhere || isWider || (actor.sourceId ?? made.sourceId) !== made.sourceId) {
    throw new RollcallError('ERR_NOT_ALLOWED', 'A token makes none that may more than itself')
  }
  const all = await inPlace(database, actor.siteId, (session) => listTokens(session, actor.siteId))
  const own = all.find(({ id }) => id === actor.id)?.expiresAt ?? null
  if (own === null) return
  if (made.expiresAt !== null && Date.parse(made.expiresAt) <= Date.parse(own)) return
  throw new RollcallError('ERR_NOT_ALLOWED', 'A token makes none that lasts longer than itself', {
    hint: 'Give a day before it expires.',
  })
}
