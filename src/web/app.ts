import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { codeOf, type Log } from '../log.ts'
import { type Span, spanned } from '../spans.ts'
import { refuse, type WebEnv } from './answers.ts'
import { type Authenticate, authenticated } from './authenticate.ts'
import { type Health, serveHealth } from './health.ts'
import { webLimits } from './limits.ts'
import { type Metrics, serveMetrics } from './metrics.ts'
import { openApiDocument } from './openapi.ts'
import type { Caller, Operation, ServedBy } from './operation.ts'
import { problem, problemOf } from './problem.ts'
import { serveOperations } from './serve-operations.ts'
import { Uploads } from './upload.ts'

export interface AppOptions extends ServedBy {
  readonly version: string
  readonly operations: readonly Operation[]
  readonly authenticate: Authenticate
  readonly health: Health
  readonly metrics: Metrics
  readonly log: Log
  /** Requests come through a proxy of ours: what it says of their address is believed. */
  readonly behindProxy: boolean
}

/** Everything that is answered over HTTP. */
export function makeApp(options: AppOptions): Hono<WebEnv> {
  const { operations, version, authenticate, log } = options
  const app = new Hono<WebEnv>()
  app.use(async (context, next) => {
    const began = performance.now()
    context.set('requestId', randomUUID())
    context.set('address', addressOf(context.env, context.req.header('x-forwarded-for'), options))
    context.header('X-Request-Id', context.get('requestId'))
    context.header('Cache-Control', 'no-store')
    await spanned(
      'request',
      { method: context.req.method },
      (span) => within(context, span, next),
      {
        side: 'server',
      },
    )
    log.info('request', {
      method: context.req.method,
      route: context.req.routePath,
      status: context.res.status,
      ms: Math.round(performance.now() - began),
      ...callerOf(context),
      request: context.get('requestId'),
    })
  })
  app.use(secureHeaders())
  serveHealth(app, options.health)
  serveMetrics(app, options.metrics)
  const document = JSON.stringify(openApiDocument(operations, version))
  app.get('/api/openapi.json', (context) =>
    context.body(document, 200, { 'Content-Type': 'application/json' }),
  )
  app.use('/api/*', authenticated(authenticate, webLimits(options)))
  const uploads = new Uploads(options)
  app.post('/api/deliveries', (context) => uploads.take(context))
  serveOperations(app, operations, options)
  app.notFound((context) =>
    refuse(context, problem(404, 'NO_SUCH_ADDRESS', 'There is nothing here')),
  )
  app.onError((error, context) => {
    const refusal = problemOf(error)
    if (refusal.status >= 500) {
      log.error('request_failed', { request: context.get('requestId'), error: codeOf(error) })
    }
    return refuse(context, refusal)
  })
  return app
}

/** Answers a request; its span has the pattern of its address, and the id that the log has. */
async function within(
  context: Context<WebEnv>,
  span: Span,
  next: () => Promise<void>,
): Promise<void> {
  await next()
  const { status } = context.res
  span.note({ route: context.req.routePath, status, request: context.get('requestId') })
  if (status >= 500) span.fail(context.error === undefined ? 'ERR_INTERNAL' : codeOf(context.error))
}

/** Nobody, where the request was refused before. */
function callerOf(context: Context<WebEnv>): { readonly caller?: string } {
  const caller = context.get('caller') as Caller | undefined
  return caller === undefined ? {} : { caller: caller.id }
}

function addressOf(
  env: Partial<WebEnv['Bindings']> | undefined,
  forwarded: string | undefined,
  { behindProxy }: Pick<AppOptions, 'behindProxy'>,
): string {
  // The last entry is the one that our own proxy wrote; all before it are whatever the client claims.
  const told = behindProxy ? forwarded?.split(',').at(-1)?.trim() : undefined
  return told ?? env?.incoming?.socket.remoteAddress ?? ''
}
