import type { Language } from './words.ts'

/** How a mail looks at first sight: all is well, a person is needed, something is wrong, nothing to judge. */
export type Tone = 'good' | 'wait' | 'bad' | 'plain'

/** One kind of record before and after, with what happens to it. Every text is ready to be shown. */
export interface CountRow {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly changes: readonly CountChange[]
  /** A part of the row above. */
  readonly isPart: boolean
}

export interface CountChange {
  readonly label: string
  readonly count: string
  /** Percent and limit. */
  readonly beside?: string
  readonly isOver: boolean
}

/** A part of a mail's body, in no format yet. */
export type Block =
  | { readonly is: 'heading'; readonly text: string }
  | { readonly is: 'paragraph'; readonly text: string; readonly small?: boolean }
  | { readonly is: 'counts'; readonly head: string; readonly rows: readonly CountRow[] }
  | { readonly is: 'facts'; readonly rows: readonly (readonly [string, string])[] }
  | { readonly is: 'items'; readonly items: readonly Item[] }
  | { readonly is: 'command'; readonly label: string; readonly line: string }

/** A line of a list, with what is said below it. */
export interface Item {
  readonly text: string
  readonly detail?: string
  readonly todo?: string
  readonly isGrave?: boolean
}

/** What a mail says, before it becomes text or HTML. */
export interface Document {
  readonly language: Language
  readonly title: string
  readonly tone: Tone
  /** The verdict, one sentence or two. */
  readonly verdict: string
  /** Site and source. */
  readonly about: string
  readonly blocks: readonly Block[]
  readonly footer: readonly string[]
}
