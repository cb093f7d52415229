import type { Context, Hono } from 'hono'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { z } from 'zod'
import { may, RIGHTS, type Scope } from '../access/actor.ts'
import { audited } from '../access/audit.ts'
import { runJson, shownRun } from '../shown/run.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { type Site, siteNamed } from '../store/sites.ts'
import { answerTakesItsTime, refuse, type WebEnv } from './answers.ts'
import { tooMany } from './authenticate.ts'
import { once } from './idempotency.ts'
import { type WebLimits, webLimits } from './limits.ts'
import {
  type Answer,
  type Asked,
  type Caller,
  type Input,
  type Operation,
  pathOf,
  readsOnly,
  type ServedBy,
  withoutSecrets,
} from './operation.ts'
import { type HttpProblem, problem } from './problem.ts'

/** Adds the routes of operations. */
export function serveOperations(
  app: Hono<WebEnv>,
  operations: readonly Operation[],
  by: ServedBy,
): void {
  for (const operation of operations) {
    const path = pathOf(operation).replaceAll(/\{(\w+)\}/g, ':$1')
    const pace = paceOf(operation)
    app.on(operation.method.toUpperCase(), path, (context) => serve(context, operation, by, pace))
  }
}

async function serve(
  context: Context<WebEnv>,
  operation: Operation,
  by: ServedBy,
  pace: Pace,
): Promise<Response> {
  const caller = context.get('caller')
  const { database, deliveriesFolder } = by
  const site =
    operation.of === undefined
      ? await siteFor(database, caller, context.req.param('site') ?? '')
      : NOT_OF_A_SITE
  const barred = site === undefined ? NO_SITE : barredFrom(operation, caller, site.id)
  if (site === undefined || barred !== undefined) return refuse(context, barred ?? NO_SITE)
  const taken = await input(context, operation, webLimits(by))
  if ('refusal' in taken) return refuse(context, taken.refusal)
  const tooSoon = await pace(caller)
  if (tooSoon !== undefined) return tooMany(context, tooSoon)
  answerTakesItsTime(context)
  const asked: Asked = { ...by, site, caller }
  const work = (): Promise<Answer> => runAudited(operation, asked, taken.input)
  const key = context.req.header('idempotency-key')
  // What only reads may be repeated as often as one likes, and its answers are personal: none is kept.
  if (operation.method !== 'post' || readsOnly(operation) || key === undefined) {
    return answered(context, await work())
  }
  if (key.length === 0 || key.length > 200) {
    const says = 'Idempotency-Key has to have 1 to 200 characters'
    return refuse(context, problem(422, 'IDEMPOTENCY_KEY_WRONG', says))
  }
  const plain = withoutSecrets(operation, taken.input)
  const same = JSON.stringify([operation.method, context.req.path, plain])
  const answer = await once(asked, { key, asked: same }, work, async (run) =>
    runJson(await shownRun({ database, siteId: site.id, deliveriesFolder }, run, FIRST_PAGE)),
  )
  if ('refusal' in answer) return refuse(context, answer.refusal)
  if (answer.again === true) context.header('Idempotency-Replayed', 'true')
  return answered(context, answer)
}

/** Counts what a caller has done; gives how long he has to wait where it was too often. */
type Pace = (caller: Caller) => Promise<RateLimiterRes | undefined>

function paceOf({ perMinute }: Operation): Pace {
  if (perMinute === undefined) return () => Promise.resolve(undefined)
  const done = new RateLimiterMemory({ points: perMinute, duration: 60 })
  return async ({ id }) => {
    try {
      await done.consume(id)
      return undefined
    } catch (limit) {
      if (limit instanceof RateLimiterRes) return limit
      throw limit
    }
  }
}

function answered(context: Context<WebEnv>, { status, body }: Answer): Response {
  return context.json(body, status)
}

/** What stands for the installation where the site of an operation is meant: in its logs, and for its idempotency keys. */
const NOT_OF_A_SITE: Site = { id: INSTALLATION, name: '', settings: {}, createdAt: '' }

/**
 * Runs an operation; one that changes anything is in the audit log, of the site or of the installation, before and after.
 */
export function runAudited(operation: Operation, asked: Asked, taken: Input): Promise<Answer> {
  const { database, site, caller, now } = asked
  const work = (): Promise<Answer> => operation.run(asked, taken)
  if (readsOnly(operation) || operation.audit === 'itself' || taken['dryRun'] === true) {
    return work()
  }
  const action = `api ${operation.id}`
  const values = { told: withoutSecrets(operation, taken) }
  const of = { database, siteId: site.id, actor: caller.actor, action, values, now }
  return audited(of, work, ({ run }) => (run === undefined ? {} : { run }))
}

const FIRST_PAGE = { changes: { limit: 100, offset: 0 }, limit: 100, offset: 0 }

/** A site where a caller may nothing is not there for him. */
export async function siteFor(
  database: Database,
  { actor }: Caller,
  name: string,
): Promise<Asked['site'] | undefined> {
  const site = await siteNamed(database, name).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'ERR_NOT_FOUND') return undefined
    throw error
  })
  if (site === undefined) return undefined
  const where = { siteId: site.id, ...ownSource({ actor }) }
  return RIGHTS.some((right) => may(actor, right, where)) ? site : undefined
}

export const NO_SITE = problem(404, 'ERR_NOT_FOUND', 'There is no such site for this token')

/** Why a caller may not have an operation. */
function barredFrom(
  { of, scope }: Operation,
  caller: Caller,
  siteId: number,
): HttpProblem | undefined {
  if (of === undefined) return mayNot(caller, scope, siteId)
  if (of === 'token') {
    const { actor } = caller
    return mayNot(caller, scope, actor.kind === 'token' ? actor.siteId : INSTALLATION)
  }
  if (may(caller.actor, 'operate', { siteId: INSTALLATION })) return undefined
  const hint = 'It needs a token of the installation with the scope administer.'
  return problem(403, 'FORBIDDEN', 'This token may not do that', { hint })
}

/** Why a caller may not do what needs a scope: at the whole site, or for delivering, at the token's own source. */
export function mayNot({ actor }: Caller, scope: Scope, siteId: number): HttpProblem | undefined {
  const where = { siteId, ...(scope === 'deliver' ? ownSource({ actor }) : {}) }
  if (may(actor, scope, where)) return undefined
  const hint = `It needs the scope ${scope}${scope === 'deliver' ? '' : ' for the whole site'}.`
  return problem(403, 'FORBIDDEN', 'This token may not do that', { hint })
}

/** The only source that a token is for. */
export function ownSource({ actor }: Pick<Caller, 'actor'>): { readonly sourceId?: number } {
  return actor.kind === 'token' && actor.sourceId !== null ? { sourceId: actor.sourceId } : {}
}

type Taken = { readonly input: Input } | { readonly refusal: HttpProblem }

/** Checks what came in the path, the query and the body; all faults at once. */
async function input(
  context: Context<WebEnv>,
  { params, query, body }: Operation,
  limits: BodyLimits,
): Promise<Taken> {
  const faults: { at: string; says: string }[] = []
  const values: { [name: string]: unknown } = {}
  const check = (shape: z.ZodObject | undefined, found: unknown, where: string): void => {
    if (shape === undefined) return
    const checked = shape.strict().safeParse(found)
    if (checked.success) Object.assign(values, checked.data)
    else {
      for (const { path, message } of checked.error.issues) {
        faults.push({ at: [where, ...path.map(String)].join('.'), says: message })
      }
    }
  }
  const { site: _, ...inPath } = context.req.param() as Record<string, string>
  check(params, inPath, 'path')
  check(query, context.req.query(), 'query')
  if (body !== undefined) {
    const read = await jsonBody(context, limits)
    if ('refusal' in read) return read
    check(body, read.value, 'body')
  }
  if (faults.length === 0) return { input: values }
  return {
    refusal: problem(422, 'REQUEST_WRONG', 'The request is not as the API wants it', { faults }),
  }
}

type BodyLimits = Pick<WebLimits, 'bodyBytesMax' | 'bodyTimeoutMs'>

async function jsonBody(
  context: Context<WebEnv>,
  limits: BodyLimits,
): Promise<{ readonly value: unknown } | { readonly refusal: HttpProblem }> {
  const type = context.req.header('content-type') ?? ''
  const text = await limitedText(context, limits)
  if (text === undefined) {
    const { bodyBytesMax, bodyTimeoutMs } = limits
    const says = `The body is longer than ${bodyBytesMax} bytes, or took longer than ${bodyTimeoutMs} ms`
    return { refusal: problem(413, 'BODY_TOO_LONG', says) }
  }
  if (text.trim() === '') return { value: {} }
  if (!/^application\/json\b/i.test(type)) {
    return { refusal: problem(415, 'NOT_JSON', 'The body has to be application/json') }
  }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { refusal: problem(400, 'NOT_JSON', 'The body is no JSON') }
  }
}

/** The body as text; undefined where it is too long or too slow. Nothing behind the limit is kept. */
async function limitedText(
  context: Context<WebEnv>,
  { bodyBytesMax, bodyTimeoutMs }: BodyLimits,
): Promise<string | undefined> {
  const { body } = context.req.raw
  if (body === null) return ''
  const reader = body.getReader()
  // Told by the timer itself: it may fire before a clock that was read beside it says so, and half a body would pass for all of it.
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    reader.cancel().catch(() => {})
  }, bodyTimeoutMs)
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.length
      if (bytes > bodyBytesMax) return undefined
      parts.push(value)
    }
  } finally {
    clearTimeout(timer)
  }
  if (isLate) return undefined
  return Buffer.concat(parts).toString('utf8')
}
