import { z } from 'zod'
import type { ChangeFilter } from '../../import/contract.ts'
import { previewRelease, rejectPlan, releasePlan } from '../../import/decide.ts'
import type { Severity } from '../../roster/problem.ts'
import { ROSTER_KINDS } from '../../roster/record.ts'
import { changeJson } from '../../shown/changes.ts'
import { reportJson } from '../../shown/report.ts'
import { runJson, shownRun } from '../../shown/run.ts'
import { listRuns } from '../../store/history.ts'
import type { Cursor } from '../../store/roster-queries.ts'
import { WEB_LIMITS } from '../limits.ts'
import { type Answer, type Asked, done, operation, type Operation, ran } from '../operation.ts'
import {
  ANYTHING,
  cursorOf,
  cursorText,
  DRY_RUN,
  FIRST_CHANGES,
  given,
  KEY,
  PAGE,
  RUN,
  TEXT,
} from './shapes.ts'

const SEVERITIES = ['refused', 'setAside', 'warning', 'notice'] as const
const ACTIONS = ['add', 'update', 'remove', 'restore', 'archive', 'rekey', 'erase'] as const
const REPORT = z.looseObject({ run: z.int() })
const tag = 'runs'

const AFTER = z.string().max(2_000).optional()
const CHANGES_PAGE = {
  limit: z.coerce.number().int().min(0).max(WEB_LIMITS.pageRowsMax).default(100),
  changesAfter: AFTER.meta({ description: '`changesNext` of the page before' }),
}

interface AskedPage {
  readonly run: number
  readonly limit: number
  readonly changesAfter?: string | undefined
  readonly problemsAfter?: string | undefined
  readonly filter: Omit<ChangeFilter, 'limit' | 'offset' | 'after'>
  readonly severities?: readonly Severity[] | undefined
}

/** A page of a run's problems and of its changes; behind a place of one of the two, of that alone. */
async function runPage(
  { database, site, deliveriesFolder }: Asked,
  { run, limit, changesAfter, problemsAfter, filter, severities }: AskedPage,
): Promise<Answer> {
  const page = { limit, offset: 0 }
  const after = given({ after: placeIn(changesAfter) })
  const shown = await shownRun({ database, siteId: site.id, deliveriesFolder }, run, {
    ...page,
    changes: { ...page, ...filter, ...after },
    ...given({ severities, problemsAfter: placeIn(problemsAfter) }),
  })
  const { problems, changes } = shown
  return done({
    ...runJson(shown),
    ...given({ problemsNext: cursorText(problems.next).next }),
    ...given({ changesNext: cursorText(changes.next).next }),
  })
}

function placeIn(text: string | undefined): Cursor | undefined {
  return text === undefined ? undefined : cursorOf(text)
}

export const RUNS: readonly Operation[] = [
  operation({
    id: 'list_runs',
    method: 'get',
    path: '/runs',
    tag,
    scope: 'read',
    summary: 'Runs, the latest first',
    query: z.object({ source: z.string().max(100).optional(), ...PAGE.shape }),
    answer: z.object({ total: z.int(), rows: z.array(ANYTHING), next: z.string().optional() }),
    async run({ database, site }, { source, limit, after }) {
      const [place] = cursorOf(after)
      const { rows, total } = await database.site(site.id, (session) =>
        listRuns(session, site.id, {
          limit,
          offset: 0,
          ...given({ source }),
          ...(typeof place === 'number' ? { before: place } : {}),
        }),
      )
      const last = rows.at(-1)
      const next = last !== undefined && rows.length === limit ? [last.run] : undefined
      return done({ total, rows, ...cursorText(next) })
    },
  }),
  operation({
    id: 'show_run',
    method: 'get',
    path: '/runs/{run}',
    tag,
    scope: 'read',
    summary: 'A run: report, problems, changes',
    params: RUN,
    query: z.object({
      action: z.enum(ACTIONS).optional(),
      kind: z.enum(ROSTER_KINDS).optional(),
      severity: z.enum(SEVERITIES).optional(),
      problemsAfter: AFTER.meta({ description: '`problemsNext` of the page before' }),
      ...CHANGES_PAGE,
    }),
    answer: REPORT,
    run: (asked, { action, kind, severity, ...page }) =>
      runPage(asked, {
        ...page,
        filter: given({
          actions: action === undefined ? undefined : [action],
          kinds: kind === undefined ? undefined : [kind],
        }),
        severities: severity === undefined ? undefined : [severity],
      }),
  }),
  operation({
    id: 'changes_at_school',
    method: 'post',
    path: '/runs/{run}/changes-at-school',
    tag,
    scope: 'read',
    summary: 'What a run changed at one school',
    params: RUN,
    body: z.object({ school: KEY, ...CHANGES_PAGE }),
    answer: REPORT,
    run: (asked, { school, ...page }) => runPage(asked, { ...page, filter: { school } }),
  }),
  operation({
    id: 'release',
    method: 'post',
    path: '/runs/{run}/release',
    tag,
    scope: 'release',
    summary: 'Apply a held plan exactly as it was judged',
    params: RUN,
    body: z.object({
      consulted: TEXT.meta({ description: 'Whom in the source system you asked: a role' }),
      withoutRemovals: z.boolean().default(false),
      asRekey: z.boolean().default(false),
      dryRun: DRY_RUN,
    }),
    answer: REPORT,
    async run(asked, { run, consulted, withoutRemovals, asRekey, dryRun }) {
      const { database, site, caller, deliveriesFolder, limits, now } = asked
      const kept = { deliveriesFolder, limits }
      const request = {
        database,
        siteId: site.id,
        run,
        withoutRemovals,
        ...(asRekey ? { asRekey: kept } : {}),
        consulted,
        kept,
        now,
        sender: caller.sender,
      }
      if (!dryRun) {
        const report = await releasePlan(request)
        return ran(report.run, reportJson(report))
      }
      const { report, changes, changesTotal } = await previewRelease(request, FIRST_CHANGES)
      return done({
        ...reportJson(report),
        changesTotal,
        changes: changes.map((change) => changeJson(change)),
      })
    },
  }),
  operation({
    id: 'reject',
    method: 'post',
    path: '/runs/{run}/reject',
    tag,
    scope: 'release',
    summary: 'Drop a held plan',
    params: RUN,
    body: z.object({ reason: TEXT }),
    answer: REPORT,
    async run({ database, site, caller, deliveriesFolder, limits, now }, { run, reason }) {
      const kept = { deliveriesFolder, limits }
      const of = { database, siteId: site.id, run, reason, now, sender: caller.sender, kept }
      const report = await rejectPlan(of)
      return ran(report.run, reportJson(report))
    },
  }),
]
