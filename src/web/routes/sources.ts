import { z } from 'zod'
import { effectiveLimits, LIMIT_PRESET_NAMES } from '../../change/limits.ts'
import { MODES } from '../../change/waiting.ts'
import { queueSteps } from '../../import/queue.ts'
import { endPauseNow } from '../../import/resume.ts'
import { compileSourceRules } from '../../import/source-rules.ts'
import { ADOPTED_BY } from '../../roster/adoption.ts'
import { sourceJson } from '../../shown/source.ts'
import {
  createSource,
  listSources,
  setObserve,
  setSite,
  setSource,
  siteNamed,
  sourceNamed,
} from '../../store/sites.ts'
import { type Answer, type Asked, done, operation, type Operation } from '../operation.ts'
import { ANYTHING, DAY, DRY_RUN, given, SOURCE } from './shapes.ts'

const LIMITS = z
  .record(
    z.string(),
    z.object({ percent: z.number().optional(), floor: z.int().optional() }).transform(given),
  )
  .optional()
  .meta({ description: 'docs/safety-filter.md has the names and bounds' })
const shared = { tag: 'sources', answer: z.looseObject({ name: z.string() }) } as const

async function shown({ database, site }: Asked, name: string): Promise<Answer> {
  return done(sourceJson({ site, source: await sourceNamed(database, site.id, name) }))
}

export const SOURCES: readonly Operation[] = [
  operation({
    id: 'show_site',
    method: 'get',
    path: '',
    tag: 'site',
    scope: 'read',
    summary: 'The site: settings, sources, limits that its sources start from',
    answer: shared.answer,
    async run({ database, site }) {
      const sources = (await listSources(database, site.id)).map(({ name }) => name)
      return done({ ...site, sources, limits: effectiveLimits(site.settings, {}) })
    },
  }),
  operation({
    id: 'set_site',
    method: 'patch',
    path: '',
    tag: 'site',
    scope: 'administer',
    summary: 'Change what holds for the whole site',
    body: z.object({
      archiveCourses: z.boolean().optional(),
      preset: z.enum(LIMIT_PRESET_NAMES).optional(),
      limits: LIMITS,
      keepDeliveries: z.int().nullable().optional(),
      keepJournal: z.int().nullable().optional(),
      keepBin: z.int().nullable().optional(),
    }),
    answer: shared.answer,
    async run({ database, site }, change) {
      await setSite(database, site.id, given(change))
      const changed = await siteNamed(database, site.name)
      return done({ ...changed, limits: effectiveLimits(changed.settings, {}) })
    },
  }),
  operation({
    id: 'list_sources',
    method: 'get',
    path: '/sources',
    tag: 'sources',
    scope: 'read',
    summary: 'Sources',
    answer: z.object({ sources: z.array(ANYTHING) }),
    async run({ database, site }) {
      const sources = await listSources(database, site.id)
      return done({ sources: sources.map((source) => sourceJson({ site, source })) })
    },
  }),
  operation({
    ...shared,
    id: 'create_source',
    method: 'post',
    path: '/sources',
    scope: 'administer',
    summary: 'Make a source',
    body: z.object({ name: z.string().min(1).max(100) }),
    async run(asked, { name }) {
      await createSource(asked.database, asked.site.id, name)
      return shown(asked, name)
    },
  }),
  operation({
    ...shared,
    id: 'show_source',
    method: 'get',
    path: '/sources/{source}',
    scope: 'read',
    summary: 'A source with its rules and limits',
    params: SOURCE,
    run: (asked, { source }) => shown(asked, source),
  }),
  operation({
    ...shared,
    id: 'set_source',
    method: 'patch',
    path: '/sources/{source}',
    scope: 'administer',
    summary: 'Change a source: rules, limits, mode',
    params: SOURCE,
    body: z.object({
      rules: z.string().max(200_000).nullable().optional().meta({ description: 'null: built-in' }),
      limits: LIMITS,
      preset: z.enum(LIMIT_PRESET_NAMES).nullable().optional(),
      mode: z
        .object({ mode: z.enum(MODES), until: DAY.optional() })
        .transform(given)
        .optional(),
      delayStaff: z.boolean().optional(),
      adopt: z.array(z.enum(ADOPTED_BY)).optional(),
    }),
    async run(asked, { source: name, ...change }) {
      const { database, site } = asked
      if (typeof change.rules === 'string') compileSourceRules(change.rules, 'rules')
      const source = await sourceNamed(database, site.id, name)
      await setSource(database, site.id, source, given(change))
      return shown(asked, name)
    },
  }),
  operation({
    ...shared,
    id: 'pause_source',
    method: 'post',
    path: '/sources/{source}/pause',
    scope: 'administer',
    summary: 'Keep what the source sends, and do not look at it',
    params: SOURCE,
    body: z.object({ until: DAY.optional() }),
    async run(asked, { source: name, until }) {
      const { database, site } = asked
      const source = await sourceNamed(database, site.id, name)
      await setSource(database, site.id, source, { pause: given({ until }) })
      return shown(asked, name)
    },
  }),
  operation({
    ...shared,
    id: 'resume_source',
    method: 'post',
    path: '/sources/{source}/resume',
    scope: 'administer',
    summary: 'End a pause, and import what came meanwhile',
    params: SOURCE,
    body: z.object({ dryRun: DRY_RUN }),
    async run(asked, { source: name, dryRun }) {
      const { database, site, caller, deliveriesFolder, limits, now } = asked
      const { id: sourceId } = await sourceNamed(database, site.id, name)
      const { next, older, reports } = await endPauseNow({
        database,
        siteId: site.id,
        sourceId,
        deliveriesFolder,
        limits,
        sender: caller.sender,
        channel: 'api',
        dryRun,
        now,
        onProgress: () => {},
      })
      const delivery = ({ id, fileName, type }: (typeof next)[number]): object => {
        return { run: id, fileName, type }
      }
      const source = await sourceNamed(database, site.id, name)
      const queue = queueSteps(reports)
      const came = { next: next.map(delivery), older: older.map(delivery), queue }
      return done({ ...sourceJson({ site, source }), ...came })
    },
  }),
  ...(['observe', 'live'] as const).map((what) =>
    operation({
      ...shared,
      id: `${what}_source`,
      method: 'post',
      path: `/sources/{source}/${what}`,
      scope: 'administer',
      summary:
        what === 'observe'
          ? 'Plan and judge what the source sends, and apply nothing of it'
          : 'Apply again what the source sends; its next delivery is held for review',
      params: SOURCE,
      async run(asked, { source: name }) {
        const { database, site } = asked
        const { id } = await sourceNamed(database, site.id, name)
        await setObserve(database, site.id, id, what === 'observe')
        return shown(asked, name)
      },
    }),
  ),
]
