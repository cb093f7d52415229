import type { Context, MiddlewareHandler } from 'hono'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { WebLimits } from './limits.ts'
import { senderOf } from '../access/actor.ts'
import { authenticateToken } from '../access/tokens.ts'
import type { Database } from '../store/connect.ts'
import type { Caller } from './operation.ts'
import { problem } from './problem.ts'
import { refuse, type WebEnv } from './answers.ts'

/** Says who a token belongs to; undefined for one that is unknown, expired or revoked. */
export type Authenticate = (token: string) => Promise<Caller | undefined>

/** Tokens of this installation. */
export function tokens(database: Database, now: () => Date): Authenticate {
  return async (text) => {
    const checked = await authenticateToken(database, text, now())
    if ('refused' in checked) return undefined
    const { actor } = checked
    return { actor, sender: senderOf(actor), id: `token-${actor.siteId}-${actor.id}` }
  }
}

/**
 * Lets a request on only with a good token, and callers and addresses only so often. What a caller may do is asked where the
 * operation is known.
 */
export function authenticated(
  authenticate: Authenticate,
  {
    requestsPerMinute,
    failuresPerMinute,
  }: Pick<WebLimits, 'requestsPerMinute' | 'failuresPerMinute'>,
): MiddlewareHandler<WebEnv> {
  const requests = new RateLimiterMemory({ points: requestsPerMinute, duration: 60 })
  const failures = new RateLimiterMemory({ points: failuresPerMinute, duration: 60 })
  return async (context, next) => {
    const address = context.get('address')
    const failed = await failures.get(address)
    if (failed !== null && failed.remainingPoints <= 0) return tooMany(context, failed)
    const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(context.req.header('authorization') ?? '')
    const caller = token?.[1] === undefined ? undefined : await authenticate(token[1])
    if (caller === undefined) {
      await failures.consume(address).catch(() => {})
      context.header('WWW-Authenticate', 'Bearer realm="rollcall"')
      const hint = 'Send the header Authorization: Bearer TOKEN. rollcall tokens create makes one.'
      return refuse(context, problem(401, 'UNAUTHENTICATED', 'No valid token', { hint }))
    }
    try {
      await requests.consume(caller.id)
    } catch (limit) {
      if (limit instanceof RateLimiterRes) return tooMany(context, limit)
      throw limit
    }
    context.set('caller', caller)
    return next()
  }
}

/** A refusal that says when to come again. */
export function tooMany(context: Context<WebEnv>, { msBeforeNext }: RateLimiterRes): Response {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  context.header('Retry-After', `${seconds}`)
  const hint = `Try again in ${seconds} seconds.`
  return refuse(context, problem(429, 'TOO_MANY_REQUESTS', 'Too many requests', { hint }))
}
