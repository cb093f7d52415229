import { timingSafeEqual } from 'node:crypto'
import type { Hono } from 'hono'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { SourceFigures } from '../store/operating-figures.ts'
import { refuse, type WebEnv } from './answers.ts'
import { problem } from './problem.ts'

export interface Metrics {
  readonly figures: () => Promise<readonly SourceFigures[]>
  /** Jobs that wait, where this process has a queue. */
  readonly queueDepth?: () => Promise<number>
  /** What a scraper has to send; unset, only the machine itself is answered. */
  readonly token: string | undefined
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/

/**
 * `/metrics` as Prometheus reads it. Figures of sources come from the database, so that every process of a service says the
 * same; those of the process are its own. Names of sites and sources are the only labels.
 */
export function serveMetrics(app: Hono<WebEnv>, { figures, queueDepth, token }: Metrics): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'rollcall_' })
  const gauge = (name: string, help: string, labelNames: readonly string[]): Gauge =>
    new Gauge({ name: `rollcall_${name}`, help, labelNames, registers: [registry] })
  const of = ['site', 'source'] as const
  const runs = gauge('runs', 'Runs of deliveries by the state that they are in', [...of, 'state'])
  const lastSuccess = gauge(
    'last_success_timestamp_seconds',
    'When a delivery of the source was applied last',
    of,
  )
  const duration = gauge('last_run_seconds', 'How long the last run took', of)
  const deliveries = gauge('deliveries', 'Deliveries that are known', of)
  const held = gauge('held_plans', 'Plans that wait for a person', of)
  const arriving = gauge('arrivals_waiting', 'Deliveries that wait for their run', of)
  const depth = gauge('queue_jobs', 'Jobs that wait in the queue', [])

  app.get('/metrics', async (context) => {
    if (!mayScrape(context.get('address'), context.req.header('authorization'), token)) {
      return refuse(context, problem(403, 'FORBIDDEN', 'Metrics are for the operator'))
    }
    for (const each of [runs, lastSuccess, duration, deliveries, held, arriving]) each.reset()
    for (const each of await figures()) {
      const labels = { site: each.site, source: each.source }
      for (const [state, n] of Object.entries(each.runs)) runs.set({ ...labels, state }, n)
      held.set(labels, each.runs['held'] ?? 0)
      deliveries.set(labels, each.deliveries)
      arriving.set(labels, each.arriving)
      if (each.lastSuccess !== null) lastSuccess.set(labels, each.lastSuccess)
      if (each.lastDuration !== null) duration.set(labels, each.lastDuration)
    }
    if (queueDepth !== undefined) depth.set(await queueDepth())
    return context.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType })
  })
}

function mayScrape(address: string, sent: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return LOOPBACK.test(address)
  const [expected, found] = [Buffer.from(`Bearer ${token}`), Buffer.from(sent ?? '')]
  return expected.length === found.length && timingSafeEqual(expected, found)
}
