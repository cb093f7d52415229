import type { LineColumn } from '../import/lines.ts'
import type { Step } from '../import/contract.ts'
import type { Outcome, QueueStep, RunReport } from '../import/report.ts'
import {
  hintOf,
  severityOf,
  type Problem,
  type ProblemCode,
  type Severity,
} from '../roster/problem.ts'
import { PROBLEMS } from '../roster/problems.ts'
import { alarming, bold } from './output.ts'
import { findingLines } from './render-findings.ts'
import { pairLines } from './render-pairs.ts'
import { oneLine } from './table.ts'
import { timeText } from '../shown/time.ts'
import { schoolLines, tallyLines, tallyNotes, waitingCountLines } from './render-tallies.ts'

/** A report as lines for people; `refusedAt` is where the refusal stands; `again` when all of the run is shown. Dry runs list every school, others those where something changed. */
export function reportLines(
  report: RunReport,
  refusedAt?: LineColumn,
  { again = false }: { readonly again?: boolean } = {},
): string[] {
  const sections = [headLines(report)]
  if (report.refusal !== undefined) sections.push(refusalLines(report.refusal, refusedAt))
  else if (!['same', 'queued', 'paused'].includes(report.outcome)) {
    sections.push(tallyLines(report.tallies))
    const notes = tallyNotes(report.tallies)
    if (notes.length > 0) sections.push(notes)
    const { schools } = report.tallies
    sections.push(schoolLines(schools, report.schoolNames, report.outcome !== 'planned'))
  }
  if (report.findings.length > 0) {
    sections.push(['Findings', ...findingLines(report.findings, report.schoolNames)])
  }
  if (report.waiting !== undefined) sections.push(waitingCountLines(report.waiting))
  sections.push(pairLines(report))
  sections.push(problemCountLines(report.problems))
  if (report.queue !== undefined) sections.push(queueLines(report.queue))
  const next = whatNext(report)
  sections.push(again ? next.filter((line) => !line.includes('rollcall run ')) : next)
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index ? ['', ...lines] : lines))
}

/** What a release would do. */
export function releasePreviewLines(report: RunReport): string[] {
  const [, ...rest] = reportLines(report, undefined, { again: true })
  const lines = rest.filter((line) => !line.startsWith('Verdict: '))
  return [`Run ${report.run}: what a release would apply, nothing written`, ...lines]
}

const OUTCOME_TEXT: { readonly [outcome in Outcome]: string } = {
  applied: 'applied',
  planned: 'planned, nothing written',
  same: 'the very same delivery was imported whole before, nothing to do',
  held: 'held, nothing written to the roster',
  released: 'released and applied',
  rejected: 'rejected, nothing written to the roster',
  superseded: 'superseded by a newer delivery, nothing written to the roster',
  refused: 'refused, nothing of it was used',
  failed: 'failed, nothing written to the roster',
  queued: 'queued, kept until the plan before it is decided',
  paused: 'kept, its source is paused',
  observed: 'observed, nothing written to the roster',
}

const CALM: readonly Outcome[] = [
  'applied',
  'planned',
  'same',
  'released',
  'queued',
  'paused',
  'observed',
]

function headLines(report: RunReport): string[] {
  const { delivery } = report
  const title = report.run === 0 ? 'Dry run' : `Run ${report.run}`
  const calm = CALM.includes(report.outcome)
  const outcome = (calm ? bold : alarming)(OUTCOME_TEXT[report.outcome])
  const about = [
    `${delivery.type} ${delivery.dialect}`,
    delivery.encoding,
    ...(delivery.datasource === undefined ? [] : [`from ${delivery.datasource}`]),
    ...(delivery.datetime === undefined ? [] : [`written ${delivery.datetime}`]),
  ]
  return [
    `${title}: ${outcome}`,
    `  delivery  ${delivery.fileName}, ${delivery.bytes} bytes, ${about.join(', ')}`,
    `  into      site ${report.site}, from source ${report.source}`,
    ...letThroughLines(report),
    ...needsFullLines(report),
    `  work      ${report.bytesRead} bytes and ${report.recordsRead} records read, ${report.statements} statements${stepsText(report)}`,
  ]
}

function needsFullLines({ needsFull }: RunReport): string[] {
  if (needsFull === undefined) return []
  return [
    `  missing   the source needs a full delivery: what run ${needsFull.run} said was not used (${timeText(needsFull.since)})`,
  ]
}

/** How the deliveries ended that had waited for this decision. */
export function queueLines(steps: readonly QueueStep[]): string[] {
  return [
    'Deliveries that had waited',
    ...steps.map(
      ({ run, outcome, fileName }) =>
        `  run ${run}  ${oneLine(fileName)}: ${OUTCOME_TEXT[outcome]}`,
    ),
  ]
}

function letThroughLines({ letThrough }: RunReport): string[] {
  if (letThrough === undefined) return []
  const { by, ...what } = letThrough
  const [named] = Object.entries(what).map(([name, value]) => `${name} ${oneLine(value)}`)
  return [`  through   what waits of ${named}, let through by ${by}`]
}

const STEPS: readonly Step[] = ['receive', 'index', 'compare', 'judge', 'apply', 'report']

function stepsText({ steps }: RunReport): string {
  const inOrder = STEPS.filter((step) => steps[step] !== undefined)
  const parts = inOrder.map((step) => `${step} ${seconds(steps[step] ?? 0)}`)
  const total = Object.values(steps).reduce((sum, time) => sum + time, 0)
  return parts.length === 0 ? '' : `, ${seconds(total)} (${parts.join(', ')})`
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

export function refusalLines(refusal: Problem, at: LineColumn | undefined): string[] {
  const where = at === undefined ? `byte ${refusal.place}` : `line ${at.line}, column ${at.column}`
  // An archive has no lines, and is wrong as a whole.
  const isArchive = refusal.code.startsWith('ARCHIVE_')
  return [
    `${PROBLEMS[refusal.code].says} (${refusal.code})`,
    ...(isArchive ? [] : [`  where     ${where}`]),
    ...(refusal.found === undefined ? [] : [`  found     ${refusal.found}`]),
    ...(refusal.expected === undefined ? [] : [`  expected  ${refusal.expected}`]),
    `  to do     ${hintOf(refusal)}`,
  ]
}

const SEVERITIES: readonly { readonly severity: Severity; readonly name: string }[] = [
  { severity: 'refused', name: 'refused' },
  { severity: 'setAside', name: 'set aside' },
  { severity: 'warning', name: 'warning' },
  { severity: 'notice', name: 'notice' },
]

/** How often each problem was found, the grave ones first; the code leads to the manual. */
export function problemCountLines(counts: RunReport['problems']): string[] {
  const codes = Object.keys(counts) as ProblemCode[]
  if (codes.length === 0) return []
  const lines = ['Problems']
  for (const { severity, name } of SEVERITIES) {
    for (const code of codes.filter((code) => PROBLEMS[code].severity === severity).toSorted()) {
      const { says, hint } = PROBLEMS[code]
      const todo = hint === 'None.' ? '' : ` ${hint}`
      lines.push(
        `  ${name.padEnd(9)}  ${String(counts[code]).padStart(6)}  ${says}${todo} (${code})`,
      )
    }
  }
  return lines
}

function whatNext(report: RunReport): string[] {
  if (report.outcome === 'planned') return planNext(report)
  if (report.outcome === 'held') {
    return [
      'Ask someone who knows the source system whether this is right. Then one of',
      `  rollcall release ${report.run} --consulted ROLE`,
      ...(proposesKeys(report)
        ? [`  rollcall release ${report.run} --as-rekey --consulted ROLE`]
        : []),
      `  rollcall release ${report.run} --without-removals --consulted ROLE`,
      `  rollcall reject ${report.run} --reason TEXT`,
      `What it would change: rollcall run ${report.run}`,
    ]
  }
  const aside = (Object.keys(report.problems) as ProblemCode[]).some(
    (code) => severityOf({ code, place: 0 }) === 'setAside',
  )
  return aside && report.refusal === undefined
    ? [`Which records, and where: rollcall run ${report.run}`]
    : []
}

/** Whether any suspected new key is sure enough to be released as one. */
function proposesKeys({ keyChurn }: RunReport): boolean {
  return keyChurn !== undefined && keyChurn.person.proposed + keyChurn.group.proposed > 0
}

function planNext({ findings }: RunReport): string[] {
  return findings.some(({ holds }) => holds)
    ? ['Verdict: hold. An import would stop here and wait for a decision.']
    : ['Verdict: pass. An import would apply this.']
}
