import type { Database } from '../store/connect.ts'
import type { HandKind } from '../store/hand-runs.ts'
import type { Remaining } from '../store/erasure-traces.ts'
import type { LeftBecause } from '../store/undo.ts'

/** What every run by hand is told. */
export interface HandRequest {
  readonly database: Database
  readonly siteId: number
  /** Who does it: `command line`. */
  readonly sender: string
  readonly now: () => Date
  /** Does everything and takes it back: the report says what it would have done. */
  readonly dryRun: boolean
}

/** Something that a run by hand leaves as it is, and why. */
export interface LeftAlone {
  readonly kind: 'person' | 'group' | 'course' | 'membership' | 'courseMember' | 'relation'
  readonly id: number
  /** Of a membership or relation: the person; or the other person. */
  readonly otherId?: number
  readonly key?: string
  readonly protected?: boolean
  readonly why: LeftBecause
}

/** What a purge erased, without a personal value. */
export interface ErasureReport {
  /** Roster ids. */
  readonly persons: readonly number[]
  /** Files deleted of the deliveries folder. */
  readonly deliveriesDeleted: number
  /** Deliveries that have them and are still needed. */
  readonly deliveriesKept: readonly number[]
  /** Runs whose plans waited and held them. */
  readonly plansRejected: readonly number[]
  /** Other persons in whose relations they stood. */
  readonly othersNamedThem: number
  /** Where they are named all the same: extension data of others, rules. */
  readonly remains: readonly Remaining[]
}

/** What a run by hand did, as data. Stored with the run. */
export interface HandReport {
  /** Number of the run; 0 of a dry run. */
  readonly run: number
  readonly kind: HandKind
  readonly outcome: 'applied' | 'planned'
  readonly startedAt: string
  readonly finishedAt: string
  readonly by: string
  /** Of an undo: the run that it undoes. */
  readonly undoes?: number
  readonly changes: readonly {
    readonly kind: string
    readonly action: string
    readonly n: number
  }[]
  readonly left: readonly LeftAlone[]
  /** Roster ids of persons who come back without the username that they had. */
  readonly withoutUsername: readonly number[]
  readonly statements: number
  /** Of a purge: what was erased. */
  readonly erasure?: ErasureReport
}
