import { after, type Tally } from '../change/tally.ts'
import type { LineColumn } from '../import/lines.ts'
import type { RunReport } from '../import/report.ts'
import { findingSentences } from './findings.ts'
import { pairJson } from './pairs.ts'
import { problemJson } from './problems.ts'

/** What the safety filter or the reader said of the delivery, in one word. */
export type VerdictWord = 'pass' | 'hold' | 'refused' | 'failed'

export function verdictOf({ outcome, findings }: RunReport): VerdictWord {
  if (outcome === 'refused' || outcome === 'failed') return outcome
  return findings.some(({ holds }) => holds) ? 'hold' : 'pass'
}

/** A report as one JSON object: the counts of each kind stand at the top, findings carry their sentences. */
export function reportJson(
  report: RunReport,
  refusedAt?: LineColumn,
): { readonly [key: string]: unknown } {
  const { tallies, findings, schoolNames, refusal, suspectedPairs = [], ...rest } = report
  return {
    ...rest,
    ...(refusal === undefined
      ? {}
      : { refusal: problemJson({ ...refusal, ...placed(refusedAt) }) }),
    verdict: verdictOf(report),
    suspectedPairs: suspectedPairs.map(pairJson),
    person: tallyJson(tallies.person),
    group: tallyJson(tallies.group),
    course: tallyJson(tallies.course),
    membership: tallyJson(tallies.membership),
    relation: tallyJson(tallies.relation),
    profiles: Object.fromEntries(
      Object.entries(tallies.profiles).map(([profile, tally]) => [profile, tallyJson(tally)]),
    ),
    schools: tallies.schools.map(({ school, persons, groups, memberships }) => ({
      school,
      name: schoolNames[String(school)] ?? null,
      persons: tallyJson(persons),
      groups: tallyJson(groups),
      memberships: tallyJson(memberships),
    })),
    findings: findings.map((finding) => ({
      ...finding,
      ...findingSentences(finding, schoolNames),
    })),
  }
}

function placed(at: LineColumn | undefined): { readonly at?: LineColumn } {
  return at === undefined ? {} : { at }
}

function tallyJson(tally: Tally): { readonly [count: string]: number } {
  return { ...tally, after: after(tally) }
}
