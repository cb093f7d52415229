import type { Hono } from 'hono'
import type { WebEnv } from './answers.ts'

/** Throws where the service could not do its work just now. */
export interface Health {
  readonly ready: () => Promise<unknown>
}

/** How long being ready may take to find out, in ms. */
const READY_MAX_MS = 5_000

/** `/healthz`: the process answers. `/readyz`: database and folder can be used. Neither says anything about anybody. */
export function serveHealth(app: Hono<WebEnv>, { ready }: Health): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }))
  app.get('/readyz', async (context) => {
    const timer = Promise.withResolvers<never>()
    const late = setTimeout(() => timer.reject(new Error('late')), READY_MAX_MS)
    try {
      await Promise.race([ready(), timer.promise])
      return context.json({ status: 'ok' })
    } catch (error) {
      const { code } = error as { code?: unknown }
      const why = typeof code === 'string' && code.startsWith('ERR_') ? code : 'ERR_INTERNAL'
      return context.json({ status: 'not ready', code: why }, 503)
    } finally {
      clearTimeout(late)
    }
  })
}
