import { readPrograms } from '../collect/programs.ts'
import { runCollector } from '../collect/run.ts'
import { readConfig, type Config } from '../config.ts'
import { startWatching } from '../dropbox/start-watching.ts'
import { startDropBox } from '../dropbox/start.ts'
import { RollcallError } from '../errors.ts'
import { codeOf, type Log, openLog } from '../log.ts'
import { startMail } from '../mail/start.ts'
import type { Part } from '../part.ts'
import { startFetching } from '../schedule/fetching.ts'
import { installJobs } from '../schedule/jobs.ts'
import { checkSharedFolder } from '../schedule/shared-folder.ts'
import { startSchedule } from '../schedule/start.ts'
import { endSpans, whenSpansAreLost } from '../spans.ts'
import { openDatabase, type Database } from '../store/connect.ts'
import { asOwner } from '../store/owner.ts'
import { sourceFigures } from '../store/operating-figures.ts'
import { listSites, listSources } from '../store/sites.ts'
import { sealing } from '../store/sealed.ts'
import { tokens } from '../web/authenticate.ts'
import { startWeb } from '../web/listen.ts'
import { OPERATIONS } from '../web/routes/all.ts'
import { callsOf } from './calls.ts'
import { runOf } from './collectors.ts'
import { notifySystemd } from './notify-systemd.ts'
import { VERSION } from './version.ts'

const EXIT_INTERRUPTED = 130

/** What the parts of the service are started with. */
interface Service {
  readonly config: Config
  readonly database: Database
  readonly log: Log
  /** Whatever brings deliveries says where one came. */
  onArrival: (siteId: number) => void
}

/** Starts a part; undefined where it is not set up. */
type Start = (service: Service) => Promise<Part> | undefined

/** `rollcall serve`: everything, in one process. What brings deliveries starts last and stops first. */
export async function runServe(): Promise<void> {
  await runService([mail, schedule, fetching, watching, dropBox, web])
}

/** `rollcall worker`: imports what came, beside other processes. */
export async function runWorker(): Promise<void> {
  if (readConfig(process.env).databaseUrl === undefined) {
    throw new RollcallError('ERR_USAGE', 'DATABASE_URL is not set', {
      hint: 'A worker shares a PostgreSQL server with the others. On one machine `rollcall serve` is enough.',
    })
  }
  await runService([schedule])
}

/** Starts parts in order, runs until a signal comes, and stops them the other way round. */
async function runService(starts: readonly Start[]): Promise<void> {
  const config = readConfig(process.env)
  const { logLevel, stopSeconds } = config.service
  const log = openLog(logLevel)
  endOnCrash(log)
  const signal = firstSignal(log)
  whenSpansAreLost(() => log.warn('traces_lost'))
  const database = await openDatabase(config, { notice: () => log.info('database_starting') })
  const parts: Part[] = []
  try {
    // The embedded database migrates by itself; a server is migrated by `rollcall migrate`, as its owner.
    if (config.databaseUrl === undefined) await asOwner(config, {}, installJobs)
    else await checkSharedFolder(database, config.deliveriesFolder)
    const service: Service = { config, database, log, onArrival: () => {} }
    for (const start of starts) {
      const part = await start(service)
      if (part !== undefined) parts.push(part)
    }
    log.info('service_started', { version: VERSION })
    notifySystemd('READY=1')
    log.info('service_stopping', { signal: await signal })
    notifySystemd('STOPPING=1')
  } finally {
    await stopAll(parts, stopSeconds * 1000, log)
    // Whoever supervises the service ends what it leaves running: an embedded database that is still stopping, too.
    await database.close({ wait: true })
  }
  await endSpans()
  log.info('service_stopped')
  // Whatever a library has left running does not keep the process.
  process.exit()
}

async function stopAll(parts: readonly Part[], graceMs: number, log: Log): Promise<void> {
  const until = performance.now() + graceMs
  for (const part of parts.toReversed()) {
    try {
      await part.stop(Math.max(0, until - performance.now()))
    } catch (error) {
      log.error('part_failed', { part: part.name, error: codeOf(error) })
    }
  }
}

/** The first signal asks for an end in order; a second one is that end. */
function firstSignal(log: Log): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false
    const heard = (signal: NodeJS.Signals): void => {
      if (isStopping) {
        log.warn('service_cut_off', { signal })
        process.exit(EXIT_INTERRUPTED)
      }
      isStopping = true
      resolve(signal)
    }
    process.on('SIGTERM', heard)
    process.on('SIGINT', heard)
  })
}

/** What Node would print of an error that nobody caught may quote records. */
function endOnCrash(log: Log): void {
  const crashed = (error: unknown): void => {
    log.error('service_crashed', { error: codeOf(error) })
    if (process.env['ROLLCALL_DEBUG']) process.stderr.write(`${(error as Error)?.stack}\n`)
    process.exit(1)
  }
  process.on('uncaughtException', crashed)
  process.on('unhandledRejection', crashed)
}

async function schedule(service: Service): Promise<Part> {
  const { config, database, log } = service
  const { deliveriesFolder, limits } = config
  const { importsAtOnce } = config.service
  const of = { database, config, deliveriesFolder, limits, importsAtOnce, log, now }
  const part = await startSchedule(of)
  service.onArrival = (siteId) => part.onArrival(siteId)
  return part
}

function mail({ config, database, log }: Service): Promise<Part> {
  return startMail({
    database,
    deliveriesFolder: config.deliveriesFolder,
    settings: config.mail,
    calls: callsOf(config),
    now,
    onError: (error) => log.warn('mail_failed', { error: codeOf(error) }),
  })
}

function dropBox({ config, database, log, onArrival }: Service): Promise<Part> | undefined {
  const { deliveriesFolder, limits } = config
  const { port, host, limits: boxLimits } = config.dropBox
  if (port === undefined) return undefined
  return startDropBox({
    database,
    deliveriesFolder,
    sealing: sealing(config),
    host,
    port,
    limits: boxLimits,
    fileBytesMax: limits.deliveryBytesMax,
    now,
    onArrival,
    onError: (error) => log.warn('drop_box_failed', { error: codeOf(error) }),
  })
}

function fetching({ config, database, log, onArrival }: Service): Promise<Part> {
  const fetch = async (siteId: number, sourceId: number): Promise<void> => {
    const [site, sources] = await Promise.all([
      listSites(database).then((sites) => sites.find(({ id }) => id === siteId)),
      listSources(database, siteId),
    ])
    const source = sources.find(({ id }) => id === sourceId)
    if (site === undefined || source === undefined) return
    await runCollector({ ...runOf({ config, database, site }, source), random: Math.random })
    onArrival(siteId)
  }
  return startFetching({ database, log, now, fetch })
}

function web({ config, database, log, onArrival }: Service): Promise<Part> | undefined {
  const { deliveriesFolder, limits } = config
  const { port, metricsToken, ...where } = config.web
  if (port === undefined) return undefined
  return startWeb({
    ...where,
    port,
    database,
    deliveriesFolder,
    limits,
    mail: config.mail,
    calls: callsOf(config),
    feeds: {
      programs: () => readPrograms(config.programsFile),
      mayReachPrivate: config.mayReachPrivate,
      dropBox: config.dropBox,
    },
    now,
    version: VERSION,
    operations: OPERATIONS,
    authenticate: tokens(database, now),
    onArrival,
    health: { ready: () => database.operator((session) => session.execute('select 1')) },
    metrics: { figures: () => database.operator(sourceFigures), token: metricsToken },
    log,
  })
}

function watching({ config, database, log, onArrival }: Service): Promise<Part> {
  const { deliveriesFolder, limits } = config
  return startWatching({
    database,
    deliveriesFolder,
    fileBytesMax: limits.deliveryBytesMax,
    now,
    onArrival,
    onError: (error, of) => {
      const where = of === undefined ? {} : { site: of.siteId, source: of.sourceId }
      log.warn('watching_failed', { ...where, error: codeOf(error) })
    },
  })
}

function now(): Date {
  return new Date()
}
