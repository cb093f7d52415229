import { z } from 'zod'
import { may } from '../../access/actor.ts'
import { effectiveLimits, LIMIT_PRESET_NAMES } from '../../change/limits.ts'
import { MODES } from '../../change/waiting.ts'
import { RollcallError } from '../../errors.ts'
import { queueSteps } from '../../import/queue.ts'
import { endPauseNow } from '../../import/resume.ts'
import { compileSourceRules } from '../../import/source-rules.ts'
import { LANGUAGES } from '../../mail/words.ts'
import { ADOPTED_BY } from '../../roster/adoption.ts'
import { PARTS } from '../../roster/parts.ts'
import { sourceJson } from '../../shown/source.ts'
import { INSTALLATION } from '../../store/connect.ts'
import { EVERY_DAY, GRACE_MINUTES } from '../../store/settings.ts'
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
const DEFAULT_LIMITS = z
  .array(z.string().max(100))
  .max(100)
  .optional()
  .meta({ description: 'Limits that go back to what they start from' })
const TIME = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Give a time of day such as 02:30')
const EXPECT = z.strictObject({
  at: TIME,
  graceMinutes: z.int().min(0).max(1440).default(GRACE_MINUTES),
  weekdays: z
    .array(z.int().min(1).max(7))
    .min(1)
    .transform((days) => [...new Set(days)].toSorted())
    .default([...EVERY_DAY])
    .meta({ description: '1 Monday to 7 Sunday' }),
})
const TIME_ZONE = z
  .string()
  .max(100)
  .refine(isTimeZone, 'Give the name of a time zone, such as Europe/Helsinki')
const shared = { tag: 'sources', answer: z.looseObject({ name: z.string() }) } as const

async function shown({ database, site }: Asked, name: string): Promise<Answer> {
  return done(sourceJson({ site, source: await sourceNamed(database, site.id, name) }))
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
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
      parts: z
        .object(Object.fromEntries(PARTS.map((part) => [part, z.boolean().optional()])))
        .strict()
        .transform(given)
        .optional(),
      language: z.enum(LANGUAGES).optional(),
      timeZone: TIME_ZONE.optional(),
      twoPersonRelease: z.boolean().optional().meta({
        description: 'Switched off by a token of the installation alone',
      }),
      holidays: z
        .array(DAY)
        .max(400)
        .transform((days) => [...new Set(days)].toSorted())
        .optional()
        .meta({ description: 'Days on which no delivery is expected; none: []' }),
      preset: z.enum(LIMIT_PRESET_NAMES).optional(),
      limits: LIMITS,
      defaultLimits: DEFAULT_LIMITS,
      keepDeliveries: z.int().optional(),
      keepJournal: z.int().optional(),
      keepBin: z.int().nullable().optional(),
      quarantine: z.int().optional(),
    }),
    answer: shared.answer,
    async run({ database, site, caller }, change) {
      const isOperator = may(caller.actor, 'operate', { siteId: INSTALLATION })
      if (change.twoPersonRelease === false && !isOperator) {
        throw new RollcallError('ERR_NOT_ALLOWED', 'A token of a site lets no one person release', {
          hint: 'It would be the one person. The operator of the installation may.',
        })
      }
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
    summary: 'Change a source: rules, limits, mode, schedule',
    params: SOURCE,
    body: z.object({
      rules: z.string().max(200_000).nullable().optional().meta({ description: 'null: built-in' }),
      limits: LIMITS,
      defaultLimits: DEFAULT_LIMITS,
      preset: z.enum(LIMIT_PRESET_NAMES).nullable().optional(),
      mode: z
        .object({ mode: z.enum(MODES), until: DAY.optional() })
        .transform(given)
        .optional(),
      delayStaff: z.boolean().optional(),
      adopt: z.array(z.enum(ADOPTED_BY)).optional(),
      schedule: z
        .union([
          z.enum(['on arrival', 'by hand']),
          z
            .array(TIME)
            .min(1)
            .max(24)
            .transform((times) => [...new Set(times)].toSorted()),
        ])
        .optional()
        .meta({ description: 'When what comes is imported' }),
      expect: EXPECT.nullable().optional().meta({ description: 'null: nothing is expected' }),
    }),
    async run(asked, { source: name, expect, ...change }) {
      const { database, site, now } = asked
      if (typeof change.rules === 'string') compileSourceRules(change.rules, 'rules')
      const source = await sourceNamed(database, site.id, name)
      const since = now().toISOString()
      const when =
        expect === undefined || expect === null ? { expect } : { expect: { ...expect, since } }
      await setSource(database, site.id, source, given({ ...change, ...when }))
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
