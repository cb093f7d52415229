import type { Problem, ProblemCode, Severity } from '../roster/problem.ts'
import { severityOf, storableProblem } from '../roster/problem.ts'
import { PROBLEMS } from '../roster/problems.ts'

/** Problems of a run: every one is counted, the first `detailsMax` are kept, those that set records aside first. */
export class ProblemLog {
  readonly counts: { [code in ProblemCode]?: number } = {}
  readonly #serious: Problem[] = []
  readonly #others: Problem[] = []
  readonly #detailsMax: number

  constructor(detailsMax: number) {
    this.#detailsMax = detailsMax
  }

  add(problem: Problem): void {
    this.counts[problem.code] = (this.counts[problem.code] ?? 0) + 1
    const severity = severityOf(problem)
    const kept = severity === 'setAside' || severity === 'refused' ? this.#serious : this.#others
    if (kept.length < this.#detailsMax) kept.push(storableProblem(problem))
  }

  addAll(problems: readonly Problem[]): void {
    for (const problem of problems) this.add(problem)
  }

  count(code: ProblemCode): number {
    return this.counts[code] ?? 0
  }

  /** Whether another problem that sets a record aside would be kept in detail. */
  get hasRoom(): boolean {
    return this.#serious.length < this.#detailsMax
  }

  any(severity: Severity): boolean {
    return Object.keys(this.counts).some(
      (code) => PROBLEMS[code as ProblemCode].severity === severity,
    )
  }

  /** In the order of the file. */
  get details(): readonly Problem[] {
    const room = Math.max(0, this.#detailsMax - this.#serious.length)
    return [...this.#serious, ...this.#others.slice(0, room)].toSorted((a, b) => a.place - b.place)
  }
}
