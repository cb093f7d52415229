import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { codeOf } from './errors.ts'
import type { LogFields } from './log.ts'

/**
 * What a span may say beside its name: numbers of ours, and words from lists of ours, as a line of the log does. There is no
 * field for a text, so that no name, key or value of a record can get into one.
 */
export interface SpanFields extends Pick<
  LogFields,
  'site' | 'source' | 'arrival' | 'run' | 'outcome' | 'method' | 'route' | 'status' | 'request'
> {
  /** Of a command its words, without what follows them. */
  readonly command?: string
  /** Of a job, a mail or a fetcher, which one. */
  readonly kind?: string
}

/** To whom it is done: to somebody inside, by somebody outside, at somebody's outside, by a job. */
export type SpanSide = 'internal' | 'server' | 'client' | 'consumer'

/** Something that was done, from when to when, as part of what. Plain data: threads hand it on. */
export interface EndedSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId: string | undefined
  readonly name: string
  readonly side: SpanSide
  /** Milliseconds since 1970, with their fractions. */
  readonly began: number
  readonly ended: number
  readonly fields: SpanFields
  /** The code of what it failed with. */
  readonly error: string | undefined
}

/** Where a span belongs: what a thread is told, so that its spans are part of the job's. */
export type SpanPlace = Pick<EndedSpan, 'traceId' | 'id'>

/** Something that is being done. */
export interface Span {
  readonly place: SpanPlace | undefined
  /** Says more about it. */
  note(fields: SpanFields): void
  /** Says that it has failed, where nothing is thrown. */
  fail(code: string): void
  /** Its next step has begun, and the one before has ended. */
  step(name: string): void
}

/** Who takes what has been done. */
export interface SpanSink {
  take(span: EndedSpan): void
  /** Sends what it has; gives whether all of it went out in time. */
  end(): Promise<boolean>
}

const NO_SPAN: Span = { place: undefined, note() {}, fail() {}, step() {} }

/** Of errors.ts, of the system, of a server that answers: never a message, for those quote values. */
const CODE = /^[A-Za-z0-9_. ]{1,40}$/

const storage = new AsyncLocalStorage<Span>()
let sink: SpanSink | undefined

/** From now on spans go there. Until then they cost nothing. */
export function sendSpans(to: SpanSink): void {
  sink = to
}

export function spansAreSent(): boolean {
  return sink !== undefined
}

let tellLost = (): void => {}

/** Says whom to tell when nobody takes spans any more. */
export function whenSpansAreLost(tell: () => void): void {
  tellLost = tell
}

/** Nobody takes them, for now. */
export function spansLost(): void {
  tellLost()
}

/** Ends the sending; gives whether everything went out. */
export async function endSpans(): Promise<boolean> {
  const ending = sink
  sink = undefined
  return (await ending?.end()) ?? true
}

/** Hands on what a thread has done. */
export function takeSpan(span: EndedSpan): void {
  sink?.take(span)
}

/** What is being done now. */
export function currentSpan(): Span {
  return storage.getStore() ?? NO_SPAN
}

export interface SpanOptions {
  readonly side?: SpanSide
  /** Where it belongs; to what is being done now unless said. */
  readonly within?: SpanPlace | undefined
}

/** Does something as a span, if spans are sent anywhere; what it throws is in the span as a code. */
export async function spanned<T>(
  name: string,
  fields: SpanFields,
  work: (span: Span) => Promise<T>,
  options: SpanOptions = {},
): Promise<T> {
  if (sink === undefined) return work(NO_SPAN)
  const span = new OpenSpan(name, fields, options.side ?? 'internal', options.within)
  try {
    return await storage.run(span, () => work(span))
  } catch (error) {
    span.fail(codeOf(error))
    throw error
  } finally {
    span.end()
  }
}

class OpenSpan implements Span {
  readonly place: SpanPlace
  readonly #name: string
  readonly #side: SpanSide
  readonly #parentId: string | undefined
  readonly #began = now()
  #fields: SpanFields
  #error: string | undefined
  #step: OpenSpan | undefined

  constructor(name: string, fields: SpanFields, side: SpanSide, within?: SpanPlace) {
    const parent = within ?? currentSpan().place
    this.place = { traceId: parent?.traceId ?? hex(16), id: hex(8) }
    this.#parentId = parent?.id
    this.#name = name
    this.#side = side
    this.#fields = fields
  }

  note(fields: SpanFields): void {
    this.#fields = { ...this.#fields, ...fields }
  }

  fail(code: string): void {
    this.#error = CODE.test(code) ? code : 'ERR_INTERNAL'
    this.#step?.fail(code)
  }

  step(name: string): void {
    this.#step?.end()
    this.#step = new OpenSpan(name, {}, 'internal', this.place)
  }

  end(): void {
    this.#step?.end()
    takeSpan({
      ...this.place,
      parentId: this.#parentId,
      name: this.#name,
      side: this.#side,
      began: this.#began,
      ended: now(),
      fields: this.#fields,
      error: this.#error,
    })
  }
}

function now(): number {
  return performance.timeOrigin + performance.now()
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
