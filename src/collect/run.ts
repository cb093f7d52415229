import { rmSync } from 'node:fs'
import { RollcallError } from '../errors.ts'
import { spanned } from '../spans.ts'
import { arrivingFolder, takeIn } from '../import/arrivals.ts'
import { compileSourceRules } from '../import/source-rules.ts'
import {
  type CollectedFile,
  collectedFiles,
  collectorOf,
  endHold,
  forgetCollected,
  holdCollector,
  noteCollected,
  type StoredCollector,
} from '../store/collectors.ts'
import type { Database } from '../store/connect.ts'
import { insertEvent } from '../store/events.ts'
import type { Sealing } from '../store/sealed.ts'
import type { Site, Source } from '../store/sites.ts'
import type { Fetched, Fetcher, Job } from './contract.ts'
import { withDeadline } from './deadline.ts'
import type { Step } from './failure.ts'
import { ftpFetcher } from './ftp.ts'
import { httpFetcher } from './http.ts'
import { Incoming, removeLeftovers } from './incoming.ts'
import { ATTEMPTS, REMEMBERED_DAYS, RETRY_SECONDS } from './limits.ts'
import { programFetcher } from './program.ts'
import type { Programs } from './programs.ts'
import { anywhere, type Reach } from './reach.ts'
import { openSecrets } from './secrets.ts'
import { checkedSettings, type Kind } from './settings.ts'
import { sftpFetcher } from './sftp.ts'
import { ss12000Fetcher } from './ss12000.ts'

const FETCHERS: { readonly [K in Kind]: Fetcher<K> } = {
  sftp: sftpFetcher,
  ftp: ftpFetcher,
  http: httpFetcher,
  ss12000: ss12000Fetcher,
  program: programFetcher,
}

export interface CollectorRun {
  readonly database: Database
  readonly site: Pick<Site, 'id' | 'name'>
  readonly source: Pick<Source, 'id' | 'name' | 'rules'>
  readonly deliveriesFolder: string
  readonly sealing: Sealing
  readonly programs: Programs
  /** Where one that was set over the API may connect to. */
  readonly reachOverApi: Reach
  readonly now: () => Date
  readonly wait: (ms: number) => Promise<void>
  /** Fetches and delivers also what was delivered before. */
  readonly again?: boolean
  /** Says what works, step by step. */
  readonly say?: (step: Step, words: string) => void
}

/** What a run brought. */
export interface CollectedDelivery {
  readonly arrivalId: number
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
}

export interface Collected {
  readonly deliveries: readonly CollectedDelivery[]
  /** Files that came again with the bytes that were delivered before. */
  readonly unchanged: number
}

/**
 * Runs a source's collector once: what is new over there comes as deliveries, each of which is safe before the other side
 * is told to forget it.
 * @throws RollcallError ERR_NOT_FOUND where the source has none, ERR_NOT_POSSIBLE while another process runs it, and what
 * the fetching fails with: ERR_FETCH_…, ERR_COLLECTOR_WRONG, ERR_PROGRAM_FAILED, ERR_DELIVERY_NOT_KEPT, ERR_SECRET_UNREADABLE.
 */
export async function collectOnce(run: CollectorRun): Promise<Collected> {
  const { database, site, source, now } = run
  const collector = await loaded(run)
  const { totalSeconds } = checkedSettings(collector.kind as Kind, collector.settings)
  const at = now()
  const until = new Date(at.getTime() + (totalSeconds + 120) * 1000).toISOString()
  const hold = { now: at.toISOString(), until }
  if (
    !(await database.site(site.id, (session) => holdCollector(session, site.id, source.id, hold)))
  ) {
    throw new RollcallError('ERR_NOT_POSSIBLE', `Another process fetches for ${source.name} now`, {
      hint: 'Wait until it is done. One that died is forgotten when its time is over.',
    })
  }
  const end = (error: string | null): Promise<void> =>
    database.site(site.id, (session) =>
      endHold(session, site.id, source.id, { now: now().toISOString(), error }),
    )
  try {
    const of = { site: site.id, source: source.id, kind: collector.kind }
    const work = (): Promise<Collected> => collectAll(run, collector)
    const collected = await spanned('collector', of, work, { side: 'client' })
    await end(null)
    return collected
  } catch (error) {
    await end(codeOf(error)).catch(() => {})
    throw error
  }
}

/** The collector of a source. */
async function loaded({ database, site, source }: CollectorRun): Promise<StoredCollector> {
  const found = await database.site(site.id, (session) => collectorOf(session, site.id, source.id))
  if (found !== undefined) return found
  throw new RollcallError('ERR_NOT_FOUND', `The source ${source.name} has no collector`, {
    hint: `To set one: rollcall collectors set ${source.name} --kind sftp --set host=…`,
  })
}

async function collectAll(run: CollectorRun, collector: StoredCollector): Promise<Collected> {
  const { database, site, source, now } = run
  const before = await database.site(site.id, (session) =>
    collectedFiles(session, site.id, source.id),
  )
  const known = new Map(before.map((file) => [file.name, file]))
  const deliveries: CollectedDelivery[] = []
  const there = new Set<string>()
  let unchanged = 0
  await withJob(run, collector, { known, there }, async (fetcher, job) => {
    for await (const fetched of fetcher.fetch(job)) {
      there.add(fetched.name)
      const isSame = known.get(fetched.name)?.sha256 === fetched.file.sha256
      const mayRepeat = run.again === true || job.settings.deliverUnchanged
      if (isSame && !mayRepeat) {
        unchanged++
        fetched.file.discard()
      } else deliveries.push(await delivered(run, collector, fetched))
      const { name, mark, file } = fetched
      const row = { name, mark, sha256: file.sha256, bytes: file.bytes }
      await database.site(site.id, (session) =>
        noteCollected(session, site.id, source.id, { ...row, fetchedAt: now().toISOString() }),
      )
      job.deadline.alive()
      await fetched.settle?.()
    }
  })
  const old = new Date(now().getTime() - REMEMBERED_DAYS * 86_400_000).toISOString()
  await database.site(site.id, (session) =>
    forgetCollected(session, site.id, source.id, { except: [...there], before: old }),
  )
  return { deliveries, unchanged }
}

async function delivered(
  { database, site, source, deliveriesFolder, now }: CollectorRun,
  { kind }: StoredCollector,
  { name, shown, file }: Fetched,
): Promise<CollectedDelivery> {
  const fileName = shown ?? name
  try {
    const arrivalId = await takeIn({
      database,
      siteId: site.id,
      sourceId: source.id,
      deliveriesFolder,
      channel: 'collector',
      sender: `collector (${kind})`,
      fileName,
      file: file.path,
      now,
    })
    return { arrivalId, fileName, bytes: file.bytes, sha256: file.sha256 }
  } finally {
    rmSync(file.path, { force: true })
  }
}

/** Says of a source's collector what works, until the first thing that does not, which throws. Nothing is fetched. */
export async function testCollector(run: CollectorRun): Promise<void> {
  const collector = await loaded(run)
  const nothing = { known: new Map<string, CollectedFile>(), there: new Set<string>() }
  await withJob(run, collector, nothing, (fetcher, job) => fetcher.test(job))
}

async function withJob(
  run: CollectorRun,
  collector: StoredCollector,
  { known, there }: { known: ReadonlyMap<string, CollectedFile>; there: Set<string> },
  work: (fetcher: Fetcher<Kind>, job: Job<Kind>) => Promise<void>,
): Promise<void> {
  const { site, source, deliveriesFolder, now } = run
  const kind = collector.kind as Kind
  const settings = checkedSettings(kind, collector.settings)
  const secrets = openSecrets(run.sealing, site.id, collector)
  const folder = arrivingFolder(deliveriesFolder, site.id)
  removeLeftovers(folder, now())
  const opened: Incoming[] = []
  const { timeZone } = compileSourceRules(source.rules)
  try {
    await withDeadline(settings, (deadline) =>
      work(FETCHERS[kind] as unknown as Fetcher<Kind>, {
        settings,
        secrets,
        deadline,
        reach: collector.isConfined ? run.reachOverApi : anywhere,
        now,
        timeZone,
        open() {
          const incoming = new Incoming(folder, settings.bytesMax)
          opened.push(incoming)
          return incoming
        },
        known(name) {
          there.add(name)
          return run.again === true ? undefined : known.get(name)
        },
        there(names) {
          for (const name of names) there.add(name)
        },
        say: (step, words) => run.say?.(step, words),
        wait: run.wait,
        siteName: site.name,
        programs: run.programs,
      }),
    )
  } finally {
    for (const incoming of opened) incoming.discard()
  }
}

export interface ScheduledRun extends CollectorRun {
  /** Between 0 and 1: how much of the jitter a wait gets. */
  readonly random: () => number
}

/**
 * The run that the clock asks for: tried again after a while that doubles and is never quite the same, so that many sources
 * of one supplier do not come at one moment. When no attempt goes well the event `fetch_failed` is left to be told, and
 * it throws what the last one failed with. What a person has to correct first is not tried again.
 */
export async function runCollector(run: ScheduledRun): Promise<Collected> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await collectOnce(run)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'ERR_NOT_POSSIBLE' || code === 'ERR_NOT_FOUND') throw error
      if (attempt < ATTEMPTS && MAY_PASS.has(code)) {
        const seconds = RETRY_SECONDS * 2 ** (attempt - 1) * (1 + run.random() / 2)
        await run.wait(seconds * 1000)
        continue
      }
      const { database, site, source, now } = run
      await database.site(site.id, (session) =>
        insertEvent(session, site.id, {
          at: now().toISOString(),
          kind: 'fetch_failed',
          sourceId: source.id,
          details: { code, attempts: attempt },
        }),
      )
      throw error
    }
  }
}

/** What may be gone at the next attempt. */
const MAY_PASS: ReadonlySet<string> = new Set([
  'ERR_FETCH_UNREACHABLE',
  'ERR_FETCH_FAILED',
  'ERR_PROGRAM_FAILED',
  'ERR_DELIVERY_NOT_KEPT',
  'ERR_DATABASE_UNREACHABLE',
])

function codeOf(error: unknown): string {
  return error instanceof RollcallError ? error.code : 'ERR_INTERNAL'
}
