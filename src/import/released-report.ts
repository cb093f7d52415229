import type { Tallies } from '../change/tally.ts'
import { countWaiting, type WaitingChange } from '../change/waiting.ts'
import type { HeldState } from './packed-plan.ts'
import type { Plan } from './plan.ts'
import type { RunReport } from './report.ts'

/** A plan that is released: the held one, or one that takes its place. */
export interface Released extends Pick<Plan, 'parts' | 'rows' | 'refs' | 'mirror'> {
  readonly state: HeldState
  /** Of one that takes the place of the held plan: what it comes to, and what waits. */
  readonly tallies?: Tallies
  readonly waiting?: readonly WaitingChange[]
}

/** The report of a plan once it is released: ids in place of references, without what waits. */
export function releasedReport(
  { waiting: _, needsFull: __, ...report }: RunReport,
  { tallies: own, waiting }: Released,
  needsFull: RunReport['needsFull'],
  base: number,
  at: string,
  statements: number,
): RunReport {
  const real = (school: number): number => (school < -1 ? base - school : school)
  const tallies = own ?? report.tallies
  return {
    ...report,
    outcome: 'released',
    finishedAt: at,
    statements,
    findings: report.findings.map((finding) =>
      finding.school === undefined ? finding : { ...finding, school: real(finding.school) },
    ),
    tallies: {
      ...tallies,
      schools: tallies.schools.map((tally) => ({ ...tally, school: real(tally.school) })),
    },
    ...(waiting === undefined ? {} : { waiting: countWaiting(waiting) }),
    ...(needsFull === undefined ? {} : { needsFull }),
    schoolNames: Object.fromEntries(
      Object.entries(report.schoolNames).map(([school, name]) => [real(Number(school)), name]),
    ),
  }
}
