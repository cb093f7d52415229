import type { Outcome } from '../import/report.ts'
import type { Body } from './compose.ts'
import { countBlocks } from './compose-counts.ts'
import { moreThan } from './compose-findings.ts'
import type { Block } from './document.ts'
import type { Formats } from './formats.ts'
import type { Digest, Summary } from './matter.ts'
import { codeOnly, command } from './compose-todo.ts'
import { plain } from './subject.ts'

/** What 24 hours of small deliveries, or a week, came to: source by source. */
export function composeSummary(matter: Summary, formats: Formats): Body {
  const { words, time, plural } = formats
  const { is, from, to, digests } = matter
  const total = digests.reduce((sum, digest) => sum + countOf(digest), 0)
  const isGood = digests.every(({ failures, open }) => failures.length + open.length === 0)
  const verdict =
    is === 'weekly' && total === 0 ? words.verdict.weeklyNone : plural(words.verdict[is], total)
  return {
    title: words.status.summary,
    tone: isGood ? 'good' : 'wait',
    verdict,
    blocks: [
      { is: 'facts', rows: [[words.facts.period, `${time(from)} – ${time(to)}`]] },
      ...digests.flatMap((digest) => digestBlocks(digest, matter, formats)),
    ],
  }
}

function countOf({ outcomes }: Digest): number {
  return Object.values(outcomes).reduce((sum, n) => sum + n, 0)
}

function digestBlocks(digest: Digest, { site, digests }: Summary, formats: Formats): Block[] {
  const { words, number, time } = formats
  const { source, outcomes, tallies, setAside, failures, open, lastAppliedAt } = digest
  const { facts, sections } = words
  const named = new Map<string, number>()
  for (const [outcome, n] of Object.entries(outcomes) as [Outcome, number][]) {
    const word = words.outcome[outcome]
    named.set(word, (named.get(word) ?? 0) + n)
  }
  const rows: (readonly [string, string])[] = [
    ...[...named].map(([word, n]) => [word, number(n)] as const),
    ...(setAside > 0 ? [[sections.aside, number(setAside)] as const] : []),
    [facts.last, lastAppliedAt === undefined ? facts.none : time(lastAppliedAt)],
  ]
  return [
    {
      is: 'heading',
      text: digests.length > 1 ? `${facts.source}: ${plain(source)}` : sections.runs,
    },
    { is: 'facts', rows },
    ...(failures.length === 0 ? [] : failureBlocks(digest, formats)),
    ...open.map((run): Block => ({
      is: 'command',
      label: `${facts.openHolds}:`,
      line: command(`run ${run}`, site.name),
    })),
    ...(tallies === undefined ? [] : countBlocks(tallies, formats, { limits: {}, findings: [] })),
  ]
}

/** Most failures that are listed one by one. */
const FAILURES_MAX = 20

function failureBlocks({ failures }: Digest, formats: Formats): Block[] {
  const { words } = formats
  return [
    { is: 'heading', text: words.sections.failures },
    {
      is: 'items',
      items: failures.slice(0, FAILURES_MAX).map(({ run, outcome, code }) => ({
        text: `${words.facts.run} ${run}: ${words.outcome[outcome]}`,
        ...(code === undefined ? {} : { detail: codeOnly(code) }),
        isGrave: true,
      })),
    },
    ...moreThan(failures.length, FAILURES_MAX, formats),
  ]
}
