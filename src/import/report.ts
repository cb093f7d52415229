import type { Finding } from '../change/judge.ts'
import type { KeyChurn, SuspectedPair } from '../change/key-churn.ts'
import type { Tallies } from '../change/tally.ts'
import type { WaitingCounts } from '../change/waiting.ts'
import type { DeliveryType, ImsFrame } from '../ims/records.ts'
import type { LetThroughRequest } from './let-through.ts'
import type { Problem, ProblemCode } from '../roster/problem.ts'

/**
 * How a run ended. `planned` a dry run · `same` the very same delivery was applied whole before ·
 * `held` waits for a person · `queued` waits for another delivery of its source that is held · `paused` its source is
 * paused · `observed` looked at only · `refused` the delivery cannot be used.
 */
export type Outcome =
  | 'applied'
  | 'planned'
  | 'same'
  | 'held'
  | 'released'
  | 'rejected'
  | 'superseded'
  | 'refused'
  | 'failed'
  | 'queued'
  | 'paused'
  | 'observed'

/** What a run did, as data: command line, mail and console render it. Stored with the run. */
export interface RunReport {
  /** Number of the run; a held plan is released or rejected by it. 0 for a dry run. */
  readonly run: number
  readonly outcome: Outcome
  readonly site: string
  readonly source: string
  readonly delivery: {
    readonly id: number
    readonly fileName: string
    readonly bytes: number
    readonly sha256: string
    readonly type: DeliveryType
    readonly dialect: string
    readonly encoding: ImsFrame['encoding']
    readonly datasource?: string
    /** As the file says. */
    readonly datetime?: string
  }
  readonly startedAt: string
  readonly finishedAt: string
  readonly planHash?: string
  readonly findings: readonly Finding[]
  /** How many records are probably sent under new keys; absent where none is. */
  readonly keyChurn?: KeyChurn
  /** Who they are, the surest first; not all where there are very many. Kept in a table of their own, not with the report. */
  readonly suspectedPairs?: readonly SuspectedPair[]
  readonly tallies: Tallies
  /** The source missed something that only a full delivery can say: since when, and the run whose delivery was not used. */
  readonly needsFull?: { readonly since: string; readonly run: number }
  /** Of a delivery that waits: accepted even if it is older than the last accepted one. */
  readonly acceptOlder?: boolean
  /** Deliveries of the source that were run after this one was decided, in order. */
  readonly queue?: readonly QueueStep[]
  /** What was not applied and waits, as the source's mode or a release without removals says. */
  readonly waiting?: WaitingCounts
  /** What of it was let through by hand, and by whom. */
  readonly letThrough?: LetThroughRequest & { readonly by: string }
  /** How often each problem was found, all of them counted. */
  readonly problems: { readonly [code in ProblemCode]?: number }
  /** The work: bytes of the delivery, elements sent to the tokeniser, statements sent to the database. */
  readonly bytesRead: number
  readonly recordsRead: number
  readonly statements: number
  /** Milliseconds of each step. */
  readonly steps: { readonly [step: string]: number }
  /** Why a refused delivery was refused. */
  readonly refusal?: Problem
  /** Names of the schools that findings and tallies mention, by roster id. */
  readonly schoolNames: { readonly [school: string]: string }
}

/** A delivery that had waited for its turn, and how its run ended. */
export interface QueueStep {
  readonly run: number
  readonly outcome: Outcome
  readonly fileName: string
}

/** Exit code of a command that made this report: 0 done, 3 held, 4 refused, 5 done with records set aside,
 * 6 kept and not looked at yet. */
export function exitCodeOf(report: RunReport): 0 | 3 | 4 | 5 | 6 {
  if (report.outcome === 'held') return 3
  if (report.outcome === 'refused') return 4
  if (report.outcome === 'queued' || report.outcome === 'paused') return 6
  const { person, group, membership, relation } = report.tallies
  return person.setAside + group.setAside + membership.setAside + relation.setAside > 0 ? 5 : 0
}

/** A report as it is stored with its run: without what names records. */
export function storedReport({ suspectedPairs: _, ...report }: RunReport): RunReport {
  return report
}
