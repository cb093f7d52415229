/**
 * A thread that takes turns of sites: reading a large delivery keeps a thread busy for seconds, in which the rest of the
 * service has to answer. It has a connection of its own, so that ending it rolls back what it was at and lets go of the site.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { RollcallError } from '../errors.ts'
import type { ReadLimits } from '../ims/limits.ts'
import { codeOf } from '../log.ts'
import { type EndedSpan, sendSpans, type SpanPlace, spanned } from '../spans.ts'
import { type Database, openDatabase, type DatabaseConfig } from '../store/connect.ts'
import type { Work } from './jobs.ts'
import { takeTurn, type Turn } from './turn.ts'
import { keepUp } from './upkeep.ts'

/** What a thread is made with. */
export interface ThreadData {
  readonly config: DatabaseConfig
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  /** Whether it says what it has done, span by span. */
  readonly isTraced: boolean
}

/** What it is told: one turn, at a time of so many milliseconds ahead of the system's clock; or to end. */
export type ToThread =
  | {
      readonly siteId: number
      readonly work: Work
      readonly aheadMs: number
      /** What its spans are part of. */
      readonly within: SpanPlace | undefined
    }
  | { readonly end: true }

/** What it answers: which arrival it has begun, then what the turn came to. */
export type FromThread =
  | { readonly arrival: number }
  | { readonly span: EndedSpan }
  | { readonly turn: Turn | { readonly did: 'upkeep' } }
  | { readonly fault: string }

// A turn takes one connection at a time; erasing persons takes two.
const CONNECTIONS = 3
const { config, deliveriesFolder, limits, isTraced } = workerData as ThreadData
let opened: Promise<Database> | undefined

if (isTraced) sendSpans({ take: (span) => answer({ span }), end: () => Promise.resolve(true) })

parentPort?.on('message', (message: ToThread) => {
  if ('end' in message) void end()
  else void turn(message).then(answer, (error: unknown) => answer({ fault: faultOf(error) }))
})

function turn(told: Exclude<ToThread, { end: true }>): Promise<FromThread> {
  const { siteId: site, work, within } = told
  return spanned(work, { site }, () => turnOf(told), { within })
}

async function turnOf({
  siteId,
  work,
  aheadMs,
}: Exclude<ToThread, { end: true }>): Promise<FromThread> {
  const database = await open()
  const now = (): Date => new Date(Date.now() + aheadMs)
  const request = { database, siteId, deliveriesFolder, limits, now }
  if (work === 'upkeep') {
    await keepUp(request)
    return { turn: { did: 'upkeep' } }
  }
  const onArrival = (arrival: number): void => answer({ arrival })
  return { turn: await takeTurn({ ...request, onArrival }) }
}

/** Opens the database; what fails is tried again in the next turn. */
function open(): Promise<Database> {
  opened ??= openDatabase(config, { connections: CONNECTIONS }).catch((error: unknown) => {
    opened = undefined
    throw error
  })
  return opened
}

async function end(): Promise<void> {
  await (await opened)?.close()
  parentPort?.close()
}

function faultOf(error: unknown): string {
  return error instanceof RollcallError ? error.code : codeOf(error)
}

function answer(message: FromThread): void {
  parentPort?.postMessage(message)
}
