import type { Finding } from '../change/judge.ts'
import { findingSentences, type SchoolNames } from '../shown/findings.ts'

/** Findings as lines, those that hold first. */
export function findingLines(findings: readonly Finding[], schools: SchoolNames): string[] {
  const ordered = findings.toSorted((a, b) => Number(b.holds) - Number(a.holds))
  return ordered.flatMap((finding) => {
    const { says, todo } = findingSentences(finding, schools)
    return [`  ${finding.holds ? 'holds' : 'note '}  ${says}`, `         ${todo} (${finding.code})`]
  })
}
