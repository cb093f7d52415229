import { Session, type Profiler } from 'node:inspector'

/** What one block of code was found to do: it ran, and about how often (by powers of four). */
type Feature = string

/**
 * Which blocks of our code have run in this process, by V8's precise coverage. Counts are taken from one call of `take` to the
 * next, so that a block that suddenly runs a thousand times counts as news.
 */
export class BlockCoverage {
  readonly #session: Session
  readonly #urls: RegExp
  readonly #features = new Set<Feature>()
  readonly #blocks = new Set<string>()
  #newest: Feature[] = []

  private constructor(session: Session, urls: RegExp) {
    this.#session = session
    this.#urls = urls
  }

  /** Begins to count in all files whose address `urls` matches. */
  static async start(urls: RegExp): Promise<BlockCoverage> {
    const session = new Session()
    session.connect()
    const coverage = new BlockCoverage(session, urls)
    await coverage.#post('Profiler.enable')
    await coverage.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    await coverage.take()
    return coverage
  }

  /** Different blocks that ran so far. */
  get blocks(): number {
    return this.#blocks.size
  }

  get features(): number {
    return this.#features.size
  }

  /** How much of what ran since the last call never ran before, or never so often. */
  async take(): Promise<number> {
    const { result } = await this.#post<Profiler.TakePreciseCoverageReturnType>(
      'Profiler.takePreciseCoverage',
    )
    this.#newest = []
    for (const { url, functions } of result) {
      if (!this.#urls.test(url)) continue
      for (const { functionName, ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue
          const block = `${url}:${functionName}:${startOffset}:${endOffset}`
          const feature = `${block} ${(32 - Math.clz32(count)) >> 1}`
          if (this.#features.has(feature)) continue
          this.#features.add(feature)
          this.#newest.push(feature)
          this.#blocks.add(block)
        }
      }
    }
    return this.#newest.length
  }

  /** What was new last time is to be news once more. */
  async forgetNewest(): Promise<void> {
    for (const feature of this.#newest) this.#features.delete(feature)
    this.#newest = []
  }

  #post<R>(method: string, parameters?: object): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, parameters, (error: Error | null, result?: object) => {
        if (error === null) resolve(result as R)
        else reject(error)
      })
    })
  }
}
