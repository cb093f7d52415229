import { severityOf } from '../roster/problem.ts'
import { PROBLEMS } from '../roster/problems.ts'
import { HIDDEN } from '../roster/display.ts'
import type { ShownProblem } from '../shown/problems.ts'
import { tableLines } from './table.ts'

/** Problems in the order of the file, one line each: place, severity, record, what is wrong. */
export function problemLines(problems: readonly ShownProblem[]): string[] {
  const columns = [
    { heading: 'line' },
    { heading: '' },
    { heading: 'record' },
    { heading: 'problem' },
  ]
  const rows = problems.map((problem) => [
    placeText(problem),
    SEVERITY_TEXT[severityOf(problem)],
    [problem.kind, problem.key].filter((part) => part !== undefined).join(' '),
    `${PROBLEMS[problem.code].says}${valuesText(problem)} (${problem.code})`,
  ])
  return problems.length === 0 ? [] : tableLines(columns, rows)
}

const SEVERITY_TEXT = {
  refused: 'refused',
  setAside: 'set aside',
  warning: 'warning',
  notice: 'notice',
} as const

export function placeText({ at, place }: ShownProblem): string {
  return at === undefined ? `byte ${place}` : `${at.line}:${at.column}`
}

function valuesText({ found, expected, protected: isProtected }: ShownProblem): string {
  const parts: string[] = []
  if (found !== undefined) parts.push(`found ${isProtected === true ? HIDDEN : `"${cut(found)}"`}`)
  if (expected !== undefined)
    parts.push(`expected ${isProtected === true ? HIDDEN : `"${cut(expected)}"`}`)
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`
}

const SHOWN_MAX = 120

function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}
