import path from 'node:path'
import { effectiveLimits, LIMIT_NAMES } from '../change/limits.ts'
import type { HandReport } from '../correction/contract.ts'
import { linesOf, type LineColumn } from '../import/lines.ts'
import type { RunReport } from '../import/report.ts'
import { compileSourceRules } from '../import/source-rules.ts'
import { standingApprovals } from '../store/approvals.ts'
import type { Session } from '../store/connect.ts'
import type { StoredEvent } from '../store/events.ts'
import {
  binCount,
  episodeUpTo,
  runToTell,
  type ToldRun,
  type ToldSite,
  type ToldSource,
} from '../store/told.ts'
import type { LimitPercents } from './compose-counts.ts'
import { tellableName } from './file-name.ts'
import { momentOf } from './formats.ts'
import type { StoredContact } from '../store/contacts.ts'
import { contactsFor } from './contacts.ts'
import type { Episode, Finished, Matter } from './matter.ts'

/** What a site's mails are made with. */
export interface Gathering {
  readonly session: Session
  readonly siteId: number
  readonly site: ToldSite
  readonly contacts: readonly StoredContact[]
  readonly lost: readonly string[]
  readonly deliveriesFolder: string
  readonly now: Date
}

/** What is in common to all mails about a source, or about the site where it is none. */
export function aboutOf(
  { site, contacts, lost }: Gathering,
  source: ToldSource | undefined,
): Pick<Matter, 'site' | 'source' | 'timeZone' | 'contacts' | 'lost'> {
  return {
    site: { name: site.name },
    ...(source === undefined ? {} : { source: source.name }),
    timeZone: source === undefined ? zoneOfSite(site) : zoneOf(source),
    contacts: contactsFor(contacts, source?.id),
    lost,
  }
}

/** The time zone of a site: as it is set, else that of its first source. */
export function zoneOfSite({ settings, sources }: ToldSite): string {
  return settings.timeZone ?? zoneOf(sources[0])
}

/** The time zone that a source's rules name; rules that are wrong by now name none. */
export function zoneOf(source: ToldSource | undefined): string {
  try {
    return compileSourceRules(source?.rules ?? null).timeZone
  } catch {
    return compileSourceRules(null).timeZone
  }
}

/** A run as a mail tells it; undefined where it has gone on since and a later event says so. */
export async function gatherRun(
  gathering: Gathering,
  event: Pick<StoredEvent, 'kind' | 'runId'>,
  source: ToldSource | undefined,
): Promise<{ matter: Matter; run: ToldRun } | undefined> {
  const { session, siteId } = gathering
  const runId = event.runId ?? 0
  const run = await runToTell(session, siteId, runId)
  if (run === undefined || run.state !== event.kind) return undefined
  if (run.kind !== 'import') {
    const report = run.report as HandReport
    return { matter: { is: 'hand', ...aboutOf(gathering, source), run: runId, report }, run }
  }
  return { matter: await finishedOf(gathering, runId, run, source), run }
}

async function finishedOf(
  gathering: Gathering,
  runId: number,
  run: ToldRun,
  source: ToldSource | undefined,
): Promise<Finished> {
  const { session, siteId, site } = gathering
  const stored = run.report as Partial<RunReport> & { error?: string; lost?: boolean }
  const report = stored.tallies === undefined ? undefined : (stored as RunReport)
  const outcome = stored.outcome ?? 'failed'
  const refusedAt = await refusalPlace(gathering, run, report)
  const fileName =
    report === undefined
      ? undefined
      : tellableName(report.delivery.fileName, run.channel ?? undefined)
  const episode =
    run.episode === null ? undefined : await episodeOf(session, siteId, run.episode, runId)
  const release = releaseOf(run)
  const twoPersons =
    run.state === 'held' && site.settings.twoPersonRelease === true
      ? { approvals: await standingApprovals(session, siteId, runId) }
      : undefined
  return {
    is: 'finished',
    ...aboutOf(gathering, source),
    run: runId,
    outcome,
    ...(report === undefined ? {} : { report }),
    ...(stored.error === undefined ? {} : { error: stored.error }),
    ...(stored.lost === true ? { isLost: true } : {}),
    ...(refusedAt === undefined ? {} : { refusedAt }),
    fileName,
    startedAt: run.startedAt,
    ...(run.finishedAt === null ? {} : { finishedAt: run.finishedAt }),
    ...(run.receivedAt === null ? {} : { receivedAt: run.receivedAt }),
    limits: limitsOf(site, source),
    bin: await binCount(session, siteId),
    ...(episode === undefined ? {} : { episode }),
    ...(release === undefined ? {} : { release }),
    ...(twoPersons === undefined ? {} : { twoPersons }),
  }
}

function limitsOf(site: ToldSite, source: ToldSource | undefined): LimitPercents {
  const limits = effectiveLimits(site.settings, source?.settings ?? {})
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, limits[name].percent]))
}

function releaseOf({ state, decision }: ToldRun): Finished['release'] | undefined {
  if (state !== 'released') return undefined
  if (decision?.['asRekey'] === true) return 'asRekey'
  return decision?.['withoutRemovals'] === true ? 'withoutRemovals' : undefined
}

async function episodeOf(
  session: Session,
  siteId: number,
  episode: number,
  runId: number,
): Promise<Episode> {
  const { holds, since, before } = await episodeUpTo(session, siteId, episode, runId)
  const earlier = before as RunReport | null
  return {
    holds,
    since,
    ...(earlier?.findings === undefined
      ? {}
      : { before: { findings: earlier.findings, schoolNames: earlier.schoolNames } }),
  }
}

/** Line and column of a refusal, while the delivery is still kept. */
async function refusalPlace(
  { deliveriesFolder }: Gathering,
  run: ToldRun,
  report: RunReport | undefined,
): Promise<LineColumn | undefined> {
  if (report?.refusal === undefined || run.path === null) return undefined
  const { place } = report.refusal
  try {
    const file = path.join(deliveriesFolder, run.path)
    return (await linesOf(file, report.delivery.encoding, [place])).get(place)
  } catch {
    // Deleted meanwhile, or a folder that this process does not see: the byte is said instead.
    return undefined
  }
}

/** An event that is no state of a run. */
export function gatherOther(
  gathering: Gathering,
  event: StoredEvent,
  source: ToldSource | undefined,
): Matter | undefined {
  const about = aboutOf(gathering, source)
  const { details, at } = event
  if (event.kind === 'delivery_missing' || event.kind === 'delivery_came') {
    const isMissing = event.kind === 'delivery_missing'
    const { graceMinutes } = details
    return {
      is: isMissing ? 'missing' : 'came',
      ...about,
      ...moment('expectedAt', details['expectedAt']),
      ...moment('lastAt', details['lastAt']),
      ...(typeof graceMinutes === 'number' ? { graceMinutes } : {}),
      ...(isMissing ? {} : { cameAt: at }),
    }
  }
  if (event.kind === 'arrival_given_up' || event.kind === 'fetch_failed') {
    const code = details['code'] ?? details['error']
    return {
      is: event.kind === 'arrival_given_up' ? 'givenUp' : 'fetchFailed',
      ...about,
      at,
      ...(typeof code === 'string' ? { code } : {}),
    }
  }
  return undefined
}

function moment<N extends string>(name: N, value: unknown): { [K in N]?: string } {
  return typeof value === 'string' && !Number.isNaN(momentOf(value).getTime())
    ? ({ [name]: value } as { [K in N]: string })
    : {}
}
