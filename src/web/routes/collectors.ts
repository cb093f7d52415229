import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { COLLECTOR_PRESETS } from '../../collect/presets.ts'
import { reachOverApi } from '../../collect/reach.ts'
import { collectOnce, type CollectorRun } from '../../collect/run.ts'
import { setCollector } from '../../collect/set.ts'
import { KINDS } from '../../collect/settings.ts'
import {
  collectorJson,
  collectorsOfSite,
  removeCollector,
  shownCollector,
} from '../../collect/shown.ts'
import { testTrusting } from '../../collect/trust.ts'
import { sourceNamed } from '../../store/sites.ts'
import { type Asked, done, operation, type Operation } from '../operation.ts'
import { ANYTHING, given, SOURCE } from './shapes.ts'

/** A setting in any of the ways in which it can be written; taken as the command line takes it. */
const SETTING = z
  .union([z.string().max(65_536), z.number(), z.boolean(), z.array(z.string().max(2_000)).max(500)])
  .transform((value) => (Array.isArray(value) ? value.join(',') : String(value)))
const NAME = z.string().regex(/^\w{1,100}$/)
const tag = 'collectors'
const path = '/sources/{source}/collector'
const COLLECTOR = z.looseObject({ source: z.string(), kind: z.string() })

async function runOf(
  { database, site, deliveriesFolder, calls, feeds, now }: Asked,
  source: string,
): Promise<CollectorRun> {
  return {
    database,
    site,
    source: await sourceNamed(database, site.id, source),
    deliveriesFolder,
    sealing: calls.sealing,
    programs: feeds.programs(),
    reachOverApi: reachOverApi(feeds.mayReachPrivate),
    now,
    wait: (ms) => sleep(ms),
  }
}

/** How deliveries are fetched that are not sent. */
export const COLLECTORS: readonly Operation[] = [
  operation({
    id: 'list_collectors',
    method: 'get',
    path: '/collectors',
    tag,
    scope: 'read',
    summary: 'Collectors of the site, and how they fare',
    answer: z.object({ collectors: z.array(COLLECTOR) }),
    async run({ database, site }) {
      return done({ collectors: (await collectorsOfSite(database, site.id)).map(collectorJson) })
    },
  }),
  operation({
    id: 'list_collector_presets',
    method: 'get',
    path: '/collector-presets',
    tag,
    scope: 'read',
    summary: 'What is known of systems that deliveries are fetched from',
    answer: z.object({ presets: z.array(ANYTHING) }),
    run: () => Promise.resolve(done({ presets: COLLECTOR_PRESETS })),
  }),
  operation({
    id: 'show_collector',
    method: 'get',
    path,
    tag,
    scope: 'read',
    summary: 'A collector: settings, names of its secrets, what it fetched last',
    params: SOURCE,
    answer: COLLECTOR,
    async run({ database, site, calls }, { source: name }) {
      const source = await sourceNamed(database, site.id, name)
      const shown = await shownCollector(database, calls.sealing, site.id, source)
      const { secrets, files } = shown
      return done({ ...collectorJson(shown), secrets, files })
    },
  }),
  operation({
    id: 'set_collector',
    method: 'patch',
    path,
    tag,
    scope: 'administer',
    summary: 'Set the collector of a source; the answer says what is still missing',
    params: SOURCE,
    body: z.object({
      preset: z.string().max(100).optional().meta({ description: 'Begin with what is known' }),
      kind: z
        .enum(KINDS)
        .optional()
        .meta({ description: 'program is refused: the operator of the machine sets one up' }),
      set: z.record(NAME, SETTING).optional().meta({ description: 'docs/collectors.md' }),
      unset: z.array(NAME).max(100).optional(),
      secrets: z
        .record(NAME, z.string().min(1).max(65_536))
        .optional()
        .meta({ description: 'Never answered back' }),
      schedule: z
        .object({
          at: z.array(z.string().max(10)).max(100).optional(),
          everyMinutes: z.int().min(1).max(100_000).optional(),
        })
        .transform(given)
        .nullable()
        .optional()
        .meta({ description: 'null: it does not run by itself' }),
    }),
    secrets: ['secrets'],
    answer: z.looseObject({ missing: z.array(z.string()), forgotten: z.boolean() }),
    async run({ database, site, calls, now }, { source: name, ...change }) {
      const source = await sourceNamed(database, site.id, name)
      const { sealing } = calls
      const said = { ...given(change), overApi: true }
      const set = await setCollector(database, sealing, site.id, source.id, said, now())
      const shown = await shownCollector(database, sealing, site.id, source)
      return done({ ...collectorJson(shown), secrets: shown.secrets, ...set })
    },
  }),
  operation({
    id: 'remove_collector',
    method: 'delete',
    path,
    tag,
    scope: 'administer',
    summary: 'Remove the collector of a source, with its secrets',
    params: SOURCE,
    answer: z.object({ removed: z.string() }),
    async run({ database, site }, { source: name }) {
      await removeCollector(database, site.id, await sourceNamed(database, site.id, name))
      return done({ removed: name })
    },
  }),
  operation({
    id: 'test_collector',
    method: 'post',
    path: `${path}/test`,
    tag,
    scope: 'administer',
    summary: 'Say step by step what works; nothing is delivered',
    params: SOURCE,
    body: z.object({
      trustHostKey: z
        .boolean()
        .default(false)
        .meta({ description: 'Keep the key that the SSH host shows, where none is set yet' }),
    }),
    answer: z.object({
      works: z.boolean(),
      steps: z.array(z.object({ step: z.string(), words: z.string() })),
    }),
    async run(asked, { source, trustHostKey }) {
      const steps: { readonly step: string; readonly words: string }[] = []
      const run = await runOf(asked, source)
      const say = (step: string, words: string): void => void steps.push({ step, words })
      await testTrusting({ ...run, say }, { trust: trustHostKey, overApi: true })
      return done({ works: true, steps })
    },
  }),
  operation({
    id: 'fetch',
    method: 'post',
    path: '/sources/{source}/fetch',
    tag,
    scope: 'administer',
    summary: 'Fetch what is new; the service imports it',
    params: SOURCE,
    body: z.object({
      again: z.boolean().default(false).meta({ description: 'Also what was fetched before' }),
    }),
    answer: z.object({
      deliveries: z.array(z.looseObject({ arrivalId: z.int() })),
      unchanged: z.int(),
    }),
    async run(asked, { source, again }) {
      const collected = await collectOnce({ ...(await runOf(asked, source)), again })
      if (collected.deliveries.length > 0) asked.onArrival(asked.site.id)
      return done(collected)
    },
  }),
]
