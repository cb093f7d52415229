import { setImmediate } from 'node:timers/promises'
import { openHashes } from '../ims/fingerprint.ts'
import { currentSpan } from '../spans.ts'
import type { ImportRequest, Step } from './contract.ts'
import { openFileSource } from './file-source.ts'
import { KeyTexts } from './key-texts.ts'

/** Signals are let through, and progress shown, every so many bytes. */
const LET_GO_BYTES = 32 * 1024 * 1024

/** What a run carries along: its clock, its steps and how it tells of them. */
export interface Run {
  readonly hashes: KeyTexts
  readonly startedAt: string
  /** Milliseconds of each step so far. */
  readonly steps: { [step: string]: number }
  enter(step: Step): void
  /** Shows progress and lets signals through; bytes of the delivery done in this step. */
  letGo(bytes: number, records?: number): Promise<void>
}

export async function beginRun(request: ImportRequest): Promise<Run> {
  const source = openFileSource(request.file)
  source.close()
  const bytesTotal = source.length
  const steps: { [step: string]: number } = {}
  let current: Step = 'receive'
  let since = performance.now()
  let letGoAt = 0
  const show = (bytes: number, records: number): void =>
    request.onProgress({ step: current, bytes, bytesTotal, records })
  return {
    hashes: new KeyTexts(await openHashes()),
    startedAt: request.now().toISOString(),
    steps,
    enter(step) {
      const now = performance.now()
      steps[current] = Math.round((steps[current] ?? 0) + now - since)
      since = now
      current = step
      currentSpan().step(step)
      letGoAt = 0
      show(0, 0)
    },
    async letGo(bytes, records = 0) {
      if (bytes - letGoAt < LET_GO_BYTES) return
      letGoAt = bytes
      show(bytes, records)
      await setImmediate()
    },
  }
}
