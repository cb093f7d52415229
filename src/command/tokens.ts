import type { Scope } from '../access/actor.ts'
import { createToken, endOf, endToken } from '../access/tokens.ts'
import { RollcallError } from '../errors.ts'
import { sourceNamed } from '../store/sites.ts'
import { listTokens, type StoredToken } from '../store/tokens.ts'
import { inPlace } from '../store/place.ts'
import { type Place, withPlace } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface TokenOptions extends Place {
  readonly json?: boolean
}

export interface TokenCreateOptions extends TokenOptions {
  readonly source?: string
  readonly scopes: readonly Scope[]
  readonly expires?: string
}

export async function runTokensList(options: TokenOptions): Promise<void> {
  const tokens = await withPlace(options, (database, siteId) =>
    inPlace(database, siteId, (session) => listTokens(session, siteId)),
  )
  if (options.json === true) printJson({ tokens })
  else if (tokens.length === 0) {
    printLines(['There are no tokens. To make one: rollcall tokens create NAME --scopes deliver'])
  } else printLines(tokenLines(tokens))
}

/** Makes one; it is shown this once. */
export async function runTokensCreate(name: string, options: TokenCreateOptions): Promise<void> {
  const { source, scopes, expires, installation } = options
  const { id, token } = await withPlace(options, async (database, siteId) => {
    if (source !== undefined && installation === true) {
      throw new RollcallError('ERR_USAGE', 'A token of the installation is for all sources')
    }
    const sourceId = source === undefined ? null : (await sourceNamed(database, siteId, source)).id
    const expiresAt = expires === undefined ? null : endOf(expires)
    return createToken(database, { siteId, name, sourceId, scopes, expiresAt }, new Date())
  })
  if (options.json === true) printJson({ id, token })
  else printLines([`Token ${id} is made. It is shown only now:`, token])
}

export async function runTokensRevoke(id: number, options: TokenOptions): Promise<void> {
  await withPlace(options, (database, siteId) => endToken(database, siteId, id, new Date()))
  if (options.json === true) printJson({ revoked: id })
  else printLines([`Token ${id} is revoked`])
}

function tokenLines(tokens: readonly StoredToken[]): string[] {
  const columns = ['number', 'token', 'may', 'source', 'since', 'last used', ''].map((heading) => ({
    heading,
  }))
  const rows = tokens.map((token) => [
    `${token.id}`,
    token.name,
    token.scopes.join(', '),
    token.source ?? 'all',
    timeText(token.createdAt),
    token.lastUsedAt === null ? 'never' : timeText(token.lastUsedAt),
    token.revokedAt !== null
      ? `revoked ${timeText(token.revokedAt)}`
      : token.expiresAt === null
        ? ''
        : `until ${timeText(token.expiresAt)}`,
  ])
  return tableLines(columns, rows, bold)
}
