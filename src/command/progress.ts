import type { Progress, Step } from '../import/contract.ts'

/** Shows how an import goes on, on standard error. */
export interface ProgressDisplay {
  readonly step: Step | undefined
  show(progress: Progress): void
  /** Leaves the terminal as it was found. */
  stop(): void
}

const STEP_TEXT: { readonly [step in Step]: string } = {
  receive: 'receiving',
  index: 'reading',
  compare: 'comparing',
  judge: 'judging',
  apply: 'applying',
  report: 'reporting',
}

/** A bar on a terminal; elsewhere a line whenever a step begins. */
export async function openProgress(
  stream: NodeJS.WriteStream = process.stderr,
): Promise<ProgressDisplay> {
  if (!stream.isTTY) return new ProgressLines((line) => stream.write(`${line}\n`))
  const { SingleBar, Presets } = await import('cli-progress')
  const bar = new SingleBar(
    {
      stream,
      format: '{step} [{bar}] {done} of {all} MB, {records} records',
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: false,
      barsize: 30,
    },
    Presets.legacy,
  )
  return new ProgressBar(bar)
}

/** What of cli-progress is used. */
interface Bar {
  start(total: number, value: number, payload: object): void
  update(value: number, payload: object): void
  setTotal(total: number): void
  stop(): void
}

class ProgressBar implements ProgressDisplay {
  step: Step | undefined
  readonly #bar: Bar
  #records = 0

  constructor(bar: Bar) {
    this.#bar = bar
  }

  show({ step, bytes, bytesTotal, records }: Progress): void {
    // After reading there is nothing left to count in bytes: the bar stays full while the step's name moves on.
    const done = step === 'receive' || step === 'index' ? bytes : bytesTotal
    this.#records = Math.max(this.#records, records)
    const payload = {
      step: STEP_TEXT[step].padEnd(9),
      done: megabytes(done),
      all: megabytes(bytesTotal),
      records: this.#records,
    }
    if (this.step === undefined) this.#bar.start(bytesTotal, done, payload)
    this.step = step
    this.#bar.setTotal(bytesTotal)
    this.#bar.update(done, payload)
  }

  stop(): void {
    if (this.step !== undefined) this.#bar.stop()
  }
}

export class ProgressLines implements ProgressDisplay {
  step: Step | undefined
  readonly #write: (line: string) => void

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  show({ step, bytesTotal, records }: Progress): void {
    if (step === this.step) return
    this.step = step
    const soFar = records > 0 ? `, ${records} records so far` : ''
    this.#write(`${STEP_TEXT[step]} (${megabytes(bytesTotal)} MB${soFar})`)
  }

  stop(): void {
    // Lines stay as they are.
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
