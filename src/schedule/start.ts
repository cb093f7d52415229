import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, type Log } from '../log.ts'
import type { ReadLimits } from '../ims/limits.ts'
import type { Part } from '../part.ts'
import { type Span, spanned, spansAreSent } from '../spans.ts'
import { heads, noteGivenBack } from '../store/arrivals.ts'
import type { Database, DatabaseConfig } from '../store/connect.ts'
import { idleLines } from '../store/queue.ts'
import { sitesToKeepUp } from '../store/upkeep.ts'
import { isDue } from './due.ts'
import { BEAT_SECONDS, type Jobs, openJobs, type SiteJob } from './jobs.ts'
import { Lane, type LaneTurn, STOPPED } from './lane.ts'
import { lookForMissing } from './missing.ts'
import { isIdle, tomorrow } from './turn.ts'

/** How often all sites are looked at for deliveries that wait: nobody has to be told that one came. */
const LOOK_SECONDS = 5
/** How often pauses that end, missing deliveries and daily upkeep are looked at. */
const TICK_SECONDS = 60
/** How often a process with nothing to do asks for a job. */
const IDLE_MS = 1000

export interface ScheduleOptions {
  readonly database: Database
  readonly config: DatabaseConfig
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  readonly importsAtOnce: number
  readonly log: Log
  readonly now: () => Date
}

export interface Schedule extends Part {
  /** Says that a delivery came at a site: it is looked at at once. Lost calls cost seconds. */
  onArrival(siteId: number): void
}

/**
 * Imports what comes, at its time, one delivery of a site at a time; watches for what does not come; keeps sites up. Any
 * number of processes on any hosts do this together.
 * @throws RollcallError ERR_DATABASE_NOT_MIGRATED as `openJobs` does.
 */
export async function startSchedule(options: ScheduleOptions): Promise<Schedule> {
  const { log } = options
  const onError = (error: unknown): void => log.warn('jobs_failed', { error: codeOf(error) })
  return new RunningSchedule(options, await openJobs(options.database, onError))
}

class RunningSchedule implements Schedule {
  readonly name = 'schedule'
  readonly #options: ScheduleOptions
  readonly #jobs: Jobs
  readonly #idle: Lane[]
  readonly #busy = new Map<Lane, { readonly job: SiteJob; readonly turn: Promise<void> }>()
  readonly #settled = new Map<string, number>()
  readonly #loops: Promise<void>[]
  #isStopping = false
  /** Ends the waits of the loops; made anew for each. */
  readonly #stop = new AbortController()
  #wake = new AbortController()

  constructor(options: ScheduleOptions, jobs: Jobs) {
    this.#options = options
    this.#jobs = jobs
    const { config, deliveriesFolder, limits } = options
    const data = { config, deliveriesFolder, limits, isTraced: spansAreSent() }
    const onArrival = (arrival: number): void => options.log.debug('import_started', { arrival })
    this.#idle = Array.from({ length: options.importsAtOnce }, () => new Lane(data, onArrival))
    this.#loops = [
      this.#take(),
      this.#every(LOOK_SECONDS, 'look', () => this.#look()),
      this.#every(TICK_SECONDS, 'tick', () => this.#tick()),
    ]
  }

  onArrival(siteId: number): void {
    const { database, now } = this.#options
    void database
      .site(siteId, (session) => heads(session, siteId))
      .then((waiting) =>
        waiting.some((head) => isDue(head, now()))
          ? this.#jobs.call([siteId], 'imports')
          : undefined,
      )
      .then(() => this.#wake.abort())
      .catch(() => {})
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    this.#stop.abort()
    this.#wake.abort()
    await Promise.all(this.#loops)
    const turns = [...this.#busy.values()].map(({ turn }) => turn)
    const grace = new AbortController()
    await Promise.race([
      Promise.all(turns),
      sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {}),
    ])
    grace.abort()
    await Promise.all([...this.#busy].map(([lane, { job }]) => this.#giveBack(lane, job)))
    await Promise.all(turns)
    await Promise.all(this.#idle.map((lane) => lane.end()))
    await this.#jobs.stop()
  }

  /** Breaks a run off; another process, or this one when it is started again, goes on with it. */
  async #giveBack(lane: Lane, { siteId, work }: SiteJob): Promise<void> {
    const { database, log } = this.#options
    const { arrival } = lane
    log.warn('run_given_back', { site: siteId, ...(arrival === undefined ? {} : { arrival }) })
    await lane.end()
    if (work !== 'imports' || arrival === undefined) return
    await database
      .site(siteId, (session) => noteGivenBack(session, siteId, arrival))
      .catch(() => {})
  }

  /** Takes jobs as long as a lane is free. */
  async #take(): Promise<void> {
    while (!this.#isStopping) {
      this.#wake = new AbortController()
      const { signal } = this.#wake
      let job: SiteJob | undefined
      try {
        job = this.#idle.length > 0 ? await this.#jobs.take() : undefined
      } catch (error) {
        this.#options.log.warn('jobs_failed', { error: codeOf(error) })
      }
      const lane = job === undefined ? undefined : this.#idle.pop()
      if (job === undefined || lane === undefined) await wait(IDLE_MS, signal)
      else this.#busy.set(lane, { job, turn: this.#job(lane, job) })
    }
  }

  #job(lane: Lane, job: SiteJob): Promise<void> {
    const of = { site: job.siteId, kind: job.work }
    return spanned('job', of, (span) => this.#turn(lane, job, span), { side: 'consumer' })
  }

  async #turn(lane: Lane, job: SiteJob, span: Span): Promise<void> {
    const { now, log } = this.#options
    const beat = setInterval(() => void this.#jobs.beat(job).catch(() => {}), BEAT_SECONDS * 1000)
    const began = performance.now()
    const turn = await lane.turn(job.siteId, job.work, now().getTime() - Date.now())
    clearInterval(beat)
    report(log, job, turn, Math.round(performance.now() - began))
    span.note({ outcome: turn.did })
    if ('error' in turn) span.fail(turn.error)
    try {
      await this.#jobs.done(job)
      if ('more' in turn && turn.more && !this.#isStopping) {
        await this.#jobs.call([job.siteId], job.work)
      }
    } catch (error) {
      // The job is given up once it is not heard of any more; what waits is found by the next look.
      log.warn('jobs_failed', { error: codeOf(error) })
    }
    this.#busy.delete(lane)
    this.#idle.push(lane)
    this.#wake.abort()
  }

  /** Calls for each site at which something is due. */
  async #look(): Promise<void> {
    const { database, now } = this.#options
    const waiting = await database.operator((session) => heads(session))
    const due = waiting.filter((head) => isDue(head, now()))
    const inOrder = due.toSorted((a, b) => a.arrivalId - b.arrivalId).map(({ siteId }) => siteId)
    await this.#call([...new Set(inOrder)], 'imports')
  }

  async #tick(): Promise<void> {
    const { database, now, log } = this.#options
    const [lines, keepUp] = await database.operator(async (session) => [
      await idleLines(session, tomorrow(now())),
      await sitesToKeepUp(session, now().toISOString()),
    ])
    const idle = lines.filter((line) => isIdle(line, now())).map(({ siteId }) => siteId)
    await this.#call([...new Set(idle)], 'imports')
    await this.#call(keepUp, 'upkeep')
    await lookForMissing({ database, now, log, settled: this.#settled })
  }

  async #call(siteIds: readonly number[], work: SiteJob['work']): Promise<void> {
    if (siteIds.length === 0) return
    await this.#jobs.call(siteIds, work)
    this.#wake.abort()
  }

  async #every(seconds: number, part: string, work: () => Promise<void>): Promise<void> {
    while (!this.#isStopping) {
      try {
        await work()
      } catch (error) {
        this.#options.log.warn('look_failed', { part, error: codeOf(error) })
      }
      await wait(seconds * 1000, this.#stop.signal)
    }
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

function report(log: Log, { siteId: site, work }: SiteJob, turn: LaneTurn, ms: number): void {
  // That was said before.
  if (turn.did === 'fault' && turn.error === STOPPED) return
  const { did, error, arrival, source, run, outcome } = turn as {
    readonly [field in 'error' | 'outcome']?: string
  } & { readonly [field in 'arrival' | 'source' | 'run']?: number } & { readonly did: string }
  const fields = Object.fromEntries(
    Object.entries({ site, source, arrival, run, outcome, error, ms }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  if (did === 'import') log.info('import_finished', fields)
  else if (did === 'line') log.info('line_went_on', fields)
  else if (did === 'given up') log.error('arrival_given_up', fields)
  else if (did === 'broken') log.error('import_broke_off', fields)
  else if (did === 'fault') log.error(work === 'upkeep' ? 'upkeep_failed' : 'turn_failed', fields)
  else if (did === 'upkeep') log.debug('upkeep_finished', fields)
  else log.debug(did === 'busy' ? 'site_busy' : 'nothing_due', fields)
}
