import type { LineColumn } from '../import/lines.ts'
import { hintOf, severityOf, type Problem } from '../roster/problem.ts'
import { PROBLEMS } from '../roster/problems.ts'
import { HIDDEN } from '../roster/display.ts'
import { tableLines } from './table.ts'

/** A problem with its line, and without what must not be shown. */
export interface ShownProblem extends Problem {
  readonly at?: LineColumn
  readonly protected?: boolean
}

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

/** A problem as JSON, with severity, sentence and hint so that nobody has to look up the code. */
export function problemJson(problem: ShownProblem): { readonly [key: string]: unknown } {
  const { at, protected: isProtected, found, expected, ...rest } = problem
  return {
    ...rest,
    ...(at === undefined ? {} : at),
    severity: severityOf(problem),
    says: PROBLEMS[problem.code].says,
    hint: hintOf(problem),
    ...(found === undefined ? {} : { found: isProtected === true ? HIDDEN : found }),
    ...(expected === undefined ? {} : { expected: isProtected === true ? HIDDEN : expected }),
  }
}
