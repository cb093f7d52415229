import { Worker } from 'node:worker_threads'
import { moduleFile } from '../package-folder.ts'
import { currentSpan, takeSpan } from '../spans.ts'
import type { Work } from './jobs.ts'
import type { FromThread, ThreadData, ToThread } from './import-thread.ts'
import type { Turn } from './turn.ts'

/** The fault of a turn that was broken off because the service was stopped. */
export const STOPPED = 'STOPPED'

export type LaneTurn =
  Turn | { readonly did: 'upkeep' } | { readonly did: 'fault'; readonly error: string }

/** One of the threads in which sites have their turns, one at a time; started when it is first needed. */
export class Lane {
  readonly #data: ThreadData
  readonly #onArrival: (arrival: number) => void
  #thread: Worker | undefined
  #settle: ((turn: LaneTurn) => void) | undefined
  #arrival: number | undefined
  #isEnding = false

  /** @param onArrival told of each arrival whose import begins. */
  constructor(data: ThreadData, onArrival: (arrival: number) => void) {
    this.#data = data
    this.#onArrival = onArrival
  }

  /** The arrival that is being imported. */
  get arrival(): number | undefined {
    return this.#arrival
  }

  /** A site's turn. Whatever the thread comes to, there is an answer. */
  turn(siteId: number, work: Work, aheadMs: number): Promise<LaneTurn> {
    const thread = (this.#thread ??= this.#start())
    const within = currentSpan().place
    return new Promise((resolve) => {
      this.#settle = resolve
      thread.postMessage({ siteId, work, aheadMs, within } satisfies ToThread)
    })
  }

  /** Ends the thread: its connections are closed in order if it is idle, and lost if it is not. */
  async end(): Promise<void> {
    const thread = this.#thread
    if (thread === undefined) return
    this.#isEnding = true
    if (this.#settle === undefined) {
      const gone = new Promise((resolve) => thread.once('exit', resolve))
      thread.postMessage({ end: true } satisfies ToThread)
      await gone
    } else await thread.terminate()
  }

  #start(): Worker {
    const thread = new Worker(moduleFile('schedule/import-thread'), { workerData: this.#data })
    thread.on('message', (message: FromThread) => {
      if ('span' in message) takeSpan(message.span)
      else if ('arrival' in message) this.#onArrival((this.#arrival = message.arrival))
      else if ('turn' in message) this.#answer(message.turn)
      else this.#answer({ did: 'fault', error: message.fault })
    })
    // Out of memory, say. The next turn has a new one.
    const lost = (): void => {
      if (this.#thread === thread) this.#thread = undefined
      this.#answer({ did: 'fault', error: this.#isEnding ? STOPPED : 'THREAD_LOST' })
    }
    thread.on('error', lost)
    thread.on('exit', lost)
    return thread
  }

  #answer(turn: LaneTurn): void {
    const settle = this.#settle
    this.#settle = undefined
    if (turn.did !== 'fault' || turn.error !== STOPPED) this.#arrival = undefined
    settle?.(turn)
  }
}
