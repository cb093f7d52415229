import type { Finding } from '../change/judge.ts'
import { after, type Tally } from '../change/tally.ts'
import type { RunReport } from '../import/report.ts'
import type { StoredEvent } from '../store/events.ts'
import type { ToldRun } from '../store/told.ts'
import { codeOnly } from './compose-todo.ts'
import { momentOf } from './formats.ts'

/** An event as webhooks tell it, as JSON: counts, codes, times and names of sites, sources and schools; nothing personal. */
export function eventBody(told: {
  readonly site: string
  readonly source: string | undefined
  readonly event: StoredEvent
  readonly run: ToldRun | undefined
}): string {
  const { site, source, event, run } = told
  return JSON.stringify({
    event: event.id,
    kind: event.kind,
    at: momentOf(event.at).toISOString(),
    site,
    source: source ?? null,
    run: event.runId,
    ...(run === undefined ? {} : runBody(run)),
    ...detailsBody(event),
  })
}

function runBody({ kind, startedAt, finishedAt, episode, report }: ToldRun): object {
  const stored = report as Partial<RunReport> & { error?: string }
  const { tallies, findings, refusal, error, delivery, problems } = stored
  return {
    runKind: kind,
    startedAt: momentOf(startedAt).toISOString(),
    finishedAt: finishedAt === null ? null : momentOf(finishedAt).toISOString(),
    episode,
    ...(kind === 'import' && stored.outcome !== undefined ? { outcome: stored.outcome } : {}),
    ...(error === undefined ? {} : { error: codeOnly(error) }),
    ...(refusal === undefined ? {} : { refusal: { code: refusal.code, place: refusal.place } }),
    ...(delivery === undefined
      ? {}
      : { delivery: { id: delivery.id, bytes: delivery.bytes, type: delivery.type } }),
    ...(tallies === undefined
      ? {}
      : {
          counts: {
            persons: tallyBody(tallies.person),
            groups: tallyBody(tallies.group),
            courses: tallyBody(tallies.course),
            memberships: tallyBody(tallies.membership),
            relations: tallyBody(tallies.relation),
          },
        }),
    ...(findings === undefined
      ? {}
      : { findings: findings.map((each) => findingBody(each, stored.schoolNames ?? {})) }),
    ...(problems === undefined ? {} : { problems }),
  }
}

function tallyBody(tally: Tally): object {
  const { before, added, updated, removed, setAside } = tally
  return { before, after: after(tally), added, updated, removed, setAside }
}

/** What was found in a file may be anybody's: it stays out. */
function findingBody(finding: Finding, schools: RunReport['schoolNames']): object {
  const { code, holds, what, school, count, of, permille, limit, limitPercent, floor } = finding
  const name = school === undefined ? undefined : schools[String(school)]
  return {
    code,
    holds,
    what,
    count,
    of,
    permille,
    limit,
    limitPercent,
    floor,
    ...(name === undefined ? {} : { school: name }),
  }
}

/** Of other events: moments, numbers and codes. */
function detailsBody({ details }: StoredEvent): object {
  const body: { [name: string]: unknown } = {}
  for (const name of ['expectedAt', 'lastAt', 'graceMinutes', 'attempts', 'was'] as const) {
    const value = details[name]
    if (typeof value === 'number' || typeof value === 'string') body[name] = value
  }
  const code = details['code'] ?? details['error']
  if (typeof code === 'string') body['error'] = codeOnly(code)
  return body
}
