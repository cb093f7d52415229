import type { Programs } from './programs.ts'
import type { Deadline } from './deadline.ts'
import type { Step } from './failure.ts'
import type { Incoming } from './incoming.ts'
import type { Reach } from './reach.ts'
import type { Kind, SettingsOf } from './settings.ts'

/** A version of a file as it was known last. */
export interface Known {
  readonly mark: string
  readonly sha256: string
}

/** One run of a collector. */
export interface Job<K extends Kind> {
  readonly settings: SettingsOf<K>
  readonly secrets: { readonly [name: string]: string }
  readonly deadline: Deadline
  readonly reach: Reach
  readonly now: () => Date
  /** Time zone of the source. */
  readonly timeZone: string
  /** A new file in the arriving folder, for what comes. */
  readonly open: () => Incoming
  /** The last version of a file that was fetched; none where everything is to be fetched again. */
  readonly known: (name: string) => Known | undefined
  /** These files are still there: they are not forgotten, however long ago they were fetched. */
  readonly there: (names: readonly string[]) => void
  /** Says what works, step by step. */
  readonly say: (step: Step, words: string) => void
  readonly wait: (ms: number) => Promise<void>
  readonly siteName: string
  /** Programs that the operator of this host lets collectors run. */
  readonly programs: Programs
}

/** A file that has come whole. */
export interface Fetched {
  /** What it is known by from run to run. */
  readonly name: string
  /** Its name as a delivery, where that is another. */
  readonly shown?: string
  readonly mark: string
  readonly file: Incoming
  /** Done once the delivery is safe: the file is moved away or deleted on the other side. */
  readonly settle?: () => Promise<void>
}

/** A way to fetch. */
export interface Fetcher<K extends Kind> {
  /** Says everything that works until the first thing that does not, which throws. Fetches nothing. */
  readonly test: (job: Job<K>) => Promise<void>
  readonly fetch: (job: Job<K>) => AsyncGenerator<Fetched>
}
