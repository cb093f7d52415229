import type { ReadLimits } from '../ims/limits.ts'
import type { Database } from '../store/connect.ts'
import type { LetThroughRequest } from './let-through.ts'
import type { RunReport } from './report.ts'
import type { Cursor } from '../store/roster-queries.ts'

/** A step of a run, in order; shown by the progress line. */
export type Step = 'receive' | 'index' | 'compare' | 'judge' | 'apply' | 'report'

/** Told how a run goes on. `bytes` of `bytesTotal` while receiving and indexing; `records` read so far. */
export interface Progress {
  readonly step: Step
  readonly bytes: number
  readonly bytesTotal: number
  readonly records: number
}

/** How a delivery came. */
export const CHANNELS = ['command line', 'drop box', 'collector', 'upload', 'api'] as const
export type Channel = (typeof CHANNELS)[number]

export interface ImportRequest {
  readonly database: Database
  readonly siteId: number
  readonly sourceId: number
  /** The delivery, on this machine. */
  readonly file: string
  /** What the sender called it, where the file has another name here. */
  readonly fileName?: string
  /** Folder that deliveries are kept in. */
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  /** Who started it, for the delivery and the journal: `command line`. */
  readonly sender: string
  /** The command line passes the first delivery of a source on an empty site; by any other way it waits for a person. */
  readonly channel: Channel
  /** Plans and judges, applies nothing, stores nothing. */
  readonly dryRun: boolean
  readonly acceptOlder: boolean
  /** The arrival that it takes (arrivals.ts), so that no other run takes it. */
  readonly arrivalId?: number
  /** What of that which waits is let through by hand. */
  readonly letThrough?: LetThroughRequest
  readonly now: () => Date
  readonly onProgress: (progress: Progress) => void
}

/** One change of a plan or of the journal, as it is shown. */
export interface ShownChange {
  readonly kind: 'person' | 'group' | 'course' | 'membership' | 'relation'
  readonly action: 'add' | 'update' | 'remove' | 'restore' | 'archive' | 'rekey' | 'erase'
  /** Roster id; negative while a planned addition has none. */
  readonly id: number
  readonly key?: string
  /** Of a membership: the member's key. Of a relation: the other person's. */
  readonly otherKey?: string
  /** Byte offset in the delivery; absent where absence is the reason. */
  readonly place?: number
  /** True when it is about a person whose identity is protected: roster/display.ts says what of it is shown. */
  readonly protected?: boolean
  readonly before?: { readonly [field: string]: unknown }
  readonly after?: { readonly [field: string]: unknown }
}

export interface ChangeFilter {
  readonly actions?: readonly ShownChange['action'][]
  readonly kinds?: readonly ShownChange['kind'][]
  /** Key of a school: changes of its groups, of memberships in them and of persons who are or were members there. */
  readonly school?: string
  readonly limit: number
  readonly offset: number
  /** Lists what comes behind this place. */
  readonly after?: Cursor
}

/** What `plan FILE` gives: the report and a page of the changes. */
export interface DryRun {
  readonly report: RunReport
  readonly changes: readonly ShownChange[]
  readonly changesTotal: number
}
