import { PgBoss } from 'pg-boss'
import { RollcallError } from '../errors.ts'
import type { Database } from '../store/connect.ts'
import { grantJobs } from '../store/grants.ts'
import type { Owner } from '../store/owner.ts'

/** Schema of pg-boss's tables, beside ours. Row-level security does not cover them: a job holds the number of a site, no more. */
export const JOBS_SCHEMA = 'rollcall_jobs'

const QUEUE = 'sites'
/** A worker that has not been heard of for so long is taken for dead, and its site's job given up. */
const SILENCE_SECONDS = 20
/** How often a living worker says that it is. */
export const BEAT_SECONDS = 5
/** How often some process looks for silent ones. Together with SILENCE_SECONDS a killed worker is noticed within half a minute. */
const WATCH_SECONDS = 10
/** As long as pg-boss allows: how long a run takes is nobody's business as long as its worker is heard of. */
const JOB_HOURS_MAX = 23
/** Jobs say nothing that is not in our own tables; they are kept for a day for whoever looks for a fault. */
const KEPT_SECONDS = 86_400

/** What is to be done for a site: its deliveries imported, or what is due once a day. */
export const WORK = ['imports', 'upkeep'] as const
export type Work = (typeof WORK)[number]

/** A job that this process has taken. */
export interface SiteJob {
  readonly id: string
  readonly retryCount: number
  readonly siteId: number
  readonly work: Work
}

/**
 * Calls for workers to look after a site. They are only that: what waits is in the tables `arrivals` and `sites`, and a call
 * that is lost is made again by the next look at these. At most one call for each site and kind of work waits or is taken.
 */
export interface Jobs {
  call(siteIds: readonly number[], work: Work): Promise<void>
  /** The next one, first come first served, upkeep after imports; undefined if there is none. */
  take(): Promise<SiteJob | undefined>
  /** Says that this process is still at it. */
  beat(job: SiteJob): Promise<void>
  done(job: SiteJob): Promise<void>
  /** Gives up the jobs of workers that are not heard of any more; happens by itself, too. */
  watch(): Promise<void>
  stop(): Promise<void>
}

interface JobData {
  readonly site: number
  readonly work: Work
}

/**
 * Opens the jobs as the restricted role, which changes nothing about their tables.
 * @throws RollcallError ERR_DATABASE_NOT_MIGRATED when they are not there or not of this version.
 */
export async function openJobs(
  database: Database,
  onError: (error: unknown) => void,
): Promise<Jobs> {
  const boss = new PgBoss({
    ...(database.connection as object),
    ...OPTIONS,
    application_name: 'rollcall jobs',
    max: 2,
    migrate: false,
    createSchema: false,
    supervise: true,
    superviseIntervalSeconds: WATCH_SECONDS,
    monitorIntervalSeconds: WATCH_SECONDS,
    maintenanceIntervalSeconds: 3600,
  })
  boss.on('error', onError)
  try {
    await boss.start()
    if ((await boss.getQueue(QUEUE)) === null) throw new Error('there is no queue')
  } catch (cause) {
    await boss.stop({ graceful: false }).catch(() => {})
    throw new RollcallError(
      'ERR_DATABASE_NOT_MIGRATED',
      'The tables of jobs are not there, or not of this version',
      {
        hint: 'Set DATABASE_OWNER_URL to the same database as its owner, and run: rollcall migrate',
        cause,
      },
    )
  }
  const attempt = ({ id, retryCount }: SiteJob): { id: string; retryCount: number } => ({
    id,
    retryCount,
  })
  return {
    async call(siteIds, work) {
      const jobs = siteIds.map((site) => ({
        data: { site, work } satisfies JobData,
        singletonKey: `${work} ${site}`,
        priority: work === 'imports' ? 0 : -1,
      }))
      if (jobs.length > 0) await boss.insert(QUEUE, jobs)
    },
    async take() {
      const [job] = await boss.fetch<JobData>(QUEUE)
      if (job === undefined) return undefined
      const { id, retryCount, data } = job
      return { id, retryCount, siteId: data.site, work: data.work }
    },
    beat: async (job) => void (await boss.touch(QUEUE, attempt(job))),
    done: async (job) => void (await boss.complete(QUEUE, attempt(job))),
    watch: () => boss.supervise(QUEUE),
    stop: () => boss.stop({ graceful: false }),
  }
}

const OPTIONS = {
  schema: JOBS_SCHEMA,
  // Times are kept by us: schedules of pg-boss would be a second truth.
  schedule: false,
  // DDL, which the restricted role may not do. A day's jobs are too few for it to matter.
  reindex: false,
  monitorVacuum: false,
} as const

/**
 * Makes or renews the tables of jobs, and lets the restricted role work with them. Where all is well, nothing is changed.
 * @throws RollcallError ERR_DATABASE_NOT_MIGRATED when pg-boss does not get them done.
 */
export async function installJobs({ connection, appRole }: Owner): Promise<void> {
  const boss = new PgBoss({
    ...(connection as object),
    ...OPTIONS,
    application_name: 'rollcall migrate',
    max: 1,
    supervise: false,
  })
  // What start() fails at it also throws.
  boss.on('error', () => {})
  try {
    await boss.start()
    const queue = {
      retryLimit: 0,
      expireInSeconds: JOB_HOURS_MAX * 3600,
      heartbeatSeconds: SILENCE_SECONDS,
      deleteAfterSeconds: KEPT_SECONDS,
    }
    await boss.createQueue(QUEUE, { policy: 'exclusive', ...queue })
    await boss.updateQueue(QUEUE, queue)
    await grantJobs((text) => boss.getDb().executeSql(text), appRole, JOBS_SCHEMA)
  } catch (cause) {
    const { code } = cause as { readonly code?: string }
    throw new RollcallError(
      'ERR_DATABASE_NOT_MIGRATED',
      `The tables of jobs could not be made (${code ?? 'no code'})`,
      { hint: 'docs/database.md lists what the owner must be allowed to do.', cause },
    )
  } finally {
    await boss.stop({ graceful: false }).catch(() => {})
  }
}
