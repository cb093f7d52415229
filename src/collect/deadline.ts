import { failure, type Step } from './failure.ts'

export interface DeadlineLimits {
  readonly connectSeconds: number
  readonly idleSeconds: number
  readonly totalSeconds: number
}

/** Watches over a run of a collector: whatever hangs is ended. */
export interface Deadline {
  /** Something came: the idle limit begins anew. */
  readonly alive: () => void
  /** What the run is at now; only while connecting its own limit counts. */
  readonly at: (step: Step) => void
  /** What to do to break the connection off. */
  readonly onEnd: (end: () => void) => void
}

/**
 * Runs the work until one of the limits is reached; then everything that was registered is ended, and it throws.
 * @throws RollcallError ERR_FETCH_UNREACHABLE, which names the step and the limit.
 */
export async function withDeadline<T>(
  limits: DeadlineLimits,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  let step: Step = 'connect'
  let idle: NodeJS.Timeout | undefined
  const ends: (() => void)[] = []
  let expire: (error: Error) => void = () => {}
  const expired = new Promise<never>((_, reject) => (expire = reject))
  const over = (what: string): void => {
    const hint = 'The other side hangs, or the limit is too small: see docs/collectors.md.'
    expire(failure('ERR_FETCH_UNREACHABLE', step, what, { hint }))
  }
  const alive = (): void => {
    clearTimeout(idle)
    const isConnecting = ['resolve', 'connect', 'trust', 'sign in'].includes(step)
    const seconds = isConnecting ? limits.connectSeconds : limits.idleSeconds
    idle = setTimeout(() => over(`no answer for ${seconds} s`), seconds * 1000)
  }
  const total = setTimeout(
    () => over(`not done after ${limits.totalSeconds} s`),
    limits.totalSeconds * 1000,
  )
  alive()
  const deadline: Deadline = {
    alive,
    at(next) {
      step = next
      alive()
    },
    onEnd: (end) => ends.push(end),
  }
  // Also what throws at once is a promise that fails.
  const working = Promise.resolve(deadline).then(work)
  try {
    return await Promise.race([working, expired])
  } finally {
    clearTimeout(idle)
    clearTimeout(total)
    for (const end of ends.toReversed()) end()
    // Broken off, it fails in its own way; nobody waits for that any more.
    working.catch(() => {})
  }
}
