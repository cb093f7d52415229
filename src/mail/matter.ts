import type { HandReport } from '../correction/contract.ts'
import type { LineColumn } from '../import/lines.ts'
import type { Outcome, RunReport } from '../import/report.ts'
import type { Finding } from '../change/judge.ts'
import type { Tallies } from '../change/tally.ts'
import type { Approval } from '../store/approvals.ts'
import type { LimitPercents } from './compose-counts.ts'

/** Someone to ask, as the installation names him: never a pupil. */
export interface Contact {
  readonly role: 'supplier' | 'it' | 'owner' | 'support'
  readonly name: string
  readonly address: string
  readonly phone?: string
  readonly note?: string
}

/** What every mail knows. */
interface About {
  readonly site: { readonly name: string }
  /** Undefined where the whole site is meant. */
  readonly source?: string
  readonly timeZone: string
  readonly contacts: readonly Contact[]
  /** Addresses of recipients whom mail does not reach. */
  readonly lost: readonly string[]
}

/** A row of holds that nobody has decided about yet. */
export interface Episode {
  /** Plans of the source that were held in a row, this one included. */
  readonly holds: number
  readonly since: string
  /** Of the plan before. */
  readonly before?: {
    readonly findings: readonly Finding[]
    readonly schoolNames: RunReport['schoolNames']
  }
}

/** An import that has ended one way or another, or that waits. */
export interface Finished extends About {
  readonly is: 'finished' | 'reminder'
  readonly run: number
  readonly outcome: Outcome
  /** What there is of it: an import that broke off has none. */
  readonly report?: RunReport
  /** Of one that broke off. */
  readonly error?: string
  readonly isLost?: boolean
  readonly refusedAt?: LineColumn
  /** What the delivery may be called in a mail; undefined for one that a person named. */
  readonly fileName?: string | undefined
  readonly startedAt: string
  readonly finishedAt?: string
  readonly receivedAt?: string
  /** Limits in force, in percent, where they are not the normal ones. */
  readonly limits?: LimitPercents
  /** How many persons are in the recycle bin of the site. */
  readonly bin?: number
  readonly episode?: Episode
  readonly release?: 'withoutRemovals' | 'asRekey'
  /** A release takes two accounts: when one has approved already, and in which way. Which one is not said: it has a name. */
  readonly twoPersons?: { readonly approvals: readonly Pick<Approval, 'at' | 'manner'>[] }
  /** Whole days for which a reminder says it has waited. */
  readonly days?: number
}

export interface Started extends About {
  readonly is: 'started'
  readonly run: number
  readonly startedAt: string
}

/** Something that a person did. */
export interface ByHand extends About {
  readonly is: 'hand'
  readonly run: number
  readonly report: HandReport
}

export interface Missing extends About {
  readonly is: 'missing' | 'came'
  readonly expectedAt?: string
  readonly graceMinutes?: number
  readonly lastAt?: string
  readonly cameAt?: string
}

export interface Trouble extends About {
  readonly is: 'givenUp' | 'fetchFailed'
  readonly at: string
  readonly code?: string
}

/** What the deliveries of a source came to over some time. */
export interface Digest {
  readonly source: string
  readonly outcomes: { readonly [outcome in Outcome]?: number }
  readonly tallies?: Tallies
  readonly setAside: number
  readonly failures: readonly {
    readonly run: number
    readonly outcome: Outcome
    readonly code?: string
  }[]
  readonly open: readonly number[]
  readonly lastAppliedAt?: string
}

export interface Summary extends About {
  readonly is: 'daily' | 'weekly'
  readonly from: string
  readonly to: string
  readonly digests: readonly Digest[]
}

export interface Review extends About {
  readonly is: 'review'
  readonly recipients: readonly {
    readonly address: string
    readonly source?: string
    readonly what: 'every' | 'failed' | 'weekly'
    readonly isDeputy: boolean
    readonly isLost: boolean
  }[]
}

export interface Trial extends About {
  readonly is: 'test'
  readonly at: string
}

/** What a mail is about, as data: nothing in it is personal but addresses of recipients and contacts. */
export type Matter = Finished | Started | ByHand | Missing | Trouble | Summary | Review | Trial
