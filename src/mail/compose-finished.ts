import type { Outcome, RunReport } from '../import/report.ts'
import { PROBLEMS } from '../roster/problems.ts'
import type { ProblemCode } from '../roster/problem.ts'
import type { Body } from './compose.ts'
import { countBlocks, percentsOf } from './compose-counts.ts'
import { factBlocks } from './compose-facts.ts'
import { findingBlocks, sinceBlocks } from './compose-findings.ts'
import { command, todoBlocks } from './compose-todo.ts'
import type { Block, Tone } from './document.ts'
import type { Formats } from './formats.ts'
import { kindWord } from './kinds.ts'
import type { Finished } from './matter.ts'
import { plain } from './subject.ts'
import { fill } from './words.ts'

/** The whole of an import: verdict, what to do, why, before and after, what was left aside, the delivery. */
export function composeFinished(matter: Finished, formats: Formats): Body {
  const { words } = formats
  const { outcome, report, episode, is } = matter
  const title = is === 'reminder' ? words.status.reminder : words.status[TITLES[outcome]]
  const blocks: Block[] = []
  const told = tellsCounts(outcome) ? report : undefined
  if (told !== undefined) {
    const { findings, schoolNames } = told
    if (episode !== undefined) blocks.push(...sinceBlocks(findings, schoolNames, episode, formats))
    blocks.push(
      ...findingBlocks(findings, schoolNames, formats, { withAdvice: outcome !== 'released' }),
    )
  }
  blocks.push(...todoBlocks(matter, formats))
  if (told !== undefined) {
    const { findings, tallies } = told
    const isOnlyPlanned = outcome === 'held' || outcome === 'observed'
    const limits = percentsOf(findings, matter.limits)
    blocks.push(
      ...countBlocks(tallies, formats, { limits, findings, isOnlyPlanned }),
      ...asideBlocks(told, matter, formats),
      ...waitingBlocks(told, matter, formats),
      ...keyBlocks(told, formats),
    )
  }
  blocks.push(...factBlocks(matter, formats))
  return { title, tone: toneOf(matter), verdict: verdictOf(matter, formats), blocks }
}

const TITLES: {
  readonly [outcome in Outcome]: 'completed' | 'held' | 'refused' | 'failed' | 'rejected' | 'kept'
} = {
  applied: 'completed',
  same: 'completed',
  released: 'completed',
  planned: 'completed',
  observed: 'completed',
  held: 'held',
  refused: 'refused',
  failed: 'failed',
  rejected: 'rejected',
  superseded: 'rejected',
  queued: 'kept',
  paused: 'kept',
}

function toneOf({ outcome }: Finished): Tone {
  if (outcome === 'refused' || outcome === 'failed') return 'bad'
  if (outcome === 'held' || outcome === 'queued') return 'wait'
  return outcome === 'applied' || outcome === 'same' || outcome === 'released' ? 'good' : 'plain'
}

function tellsCounts(outcome: Outcome): boolean {
  return ['applied', 'released', 'held', 'observed'].includes(outcome)
}

function verdictOf(matter: Finished, { words, plural }: Formats): string {
  const { verdict } = words
  const { outcome, report, release, is, days = 0 } = matter
  if (is === 'reminder') return plural(verdict.reminder, days)
  if (outcome === 'released' && release !== undefined) return verdict[release]
  if (outcome === 'applied' && report !== undefined) {
    const aside = setAside(report)
    if (aside > 0) return plural(verdict.aside, aside)
    return isUnchanged(report) ? verdict.unchanged : verdict.applied
  }
  if (outcome === 'superseded') return verdict.rejected
  if (outcome === 'planned') return verdict.observed
  return verdict[outcome]
}

export function setAside({ tallies }: Pick<RunReport, 'tallies'>): number {
  const { person, group, membership, relation } = tallies
  return person.setAside + group.setAside + membership.setAside + relation.setAside
}

function isUnchanged({ tallies }: RunReport): boolean {
  const { person, group, course, membership, relation } = tallies
  return [person, group, course, membership, relation].every(
    ({ added, updated, removed }) => added + updated + removed === 0,
  )
}

/** What was set aside, by reason; other remarks by number only. */
function asideBlocks(report: RunReport, { run, site }: Finished, formats: Formats): Block[] {
  const { words, number } = formats
  const codes = Object.keys(report.problems) as ProblemCode[]
  const countOf = (code: ProblemCode): number => report.problems[code] ?? 0
  const aside = codes
    .filter((code) => code in words.aside && countOf(code) > 0)
    .toSorted((a, b) => countOf(b) - countOf(a) || a.localeCompare(b))
  const remarks = codes
    .filter((code) => PROBLEMS[code].severity === 'warning')
    .reduce((sum, code) => sum + countOf(code), 0)
  const blocks: Block[] = []
  if (aside.length > 0) {
    const items = aside.map((code) => ({
      text: `${number(countOf(code))} · ${words.aside[code as keyof typeof words.aside]}`,
      detail: code,
    }))
    blocks.push(
      { is: 'heading', text: words.sections.aside },
      { is: 'items', items },
      { is: 'command', label: words.todo.aside, line: command(`run ${run}`, site.name) },
    )
  }
  if (remarks > 0) {
    const text = fill(words.facts.remarks, { n: number(remarks), run: `${run}` })
    blocks.push(
      { is: 'heading', text: words.sections.otherProblems },
      { is: 'paragraph', text, small: true },
    )
  }
  return blocks
}

function waitingBlocks(
  { waiting }: RunReport,
  { site, source }: Finished,
  formats: Formats,
): Block[] {
  if (waiting === undefined) return []
  const { words, number } = formats
  const kinds = ['person', 'group', 'course', 'membership', 'relation'] as const
  const rows = kinds.flatMap((kind) => {
    const { updated, removed } = waiting[kind]
    const parts = [
      ...(updated > 0 ? [fill(words.waiting.updated, { n: number(updated) })] : []),
      ...(removed > 0 ? [fill(words.waiting.removed, { n: number(removed) })] : []),
    ]
    return parts.length === 0 ? [] : [[kindWord(kind, words), parts.join(', ')] as const]
  })
  if (rows.length === 0) return []
  const of =
    source === undefined || source === 'default' ? 'waiting' : `waiting --source "${plain(source)}"`
  return [
    { is: 'heading', text: words.sections.waiting },
    { is: 'facts', rows },
    { is: 'command', label: words.waiting.todo, line: command(of, site.name) },
  ]
}

/** Suspected new keys are numbers only: who they are is looked up on the server. */
function keyBlocks({ keyChurn }: RunReport, { words, number }: Formats): Block[] {
  if (keyChurn === undefined) return []
  const items = (['person', 'group'] as const).flatMap((kind) => {
    const { pairs, leftOut } = keyChurn[kind]
    const what = kindWord(kind, words)
    return [
      ...(pairs > 0 ? [{ text: fill(words.keys.text, { what, n: number(pairs) }) }] : []),
      ...(leftOut > 0 ? [{ text: fill(words.keys.leftOut, { n: number(leftOut) }) }] : []),
    ]
  })
  if (items.length === 0) return []
  return [
    { is: 'heading', text: words.sections.keys },
    { is: 'items', items },
    { is: 'paragraph', text: words.keys.todo },
  ]
}
