import type { CheckReport, PlacedProblem } from '../import/check.ts'
import { severityOf, type ProblemCode } from '../roster/problem.ts'
import { PROBLEMS } from '../roster/problems.ts'
import { bold } from './output.ts'
import { problemJson } from '../shown/problems.ts'
import { problemLines } from './render-problems.ts'
import { problemCountLines, refusalLines } from './render-report.ts'
import { tableLines } from './table.ts'

export interface CheckShown {
  /** Departures from the dialect one by one, not only counted. */
  readonly strict: boolean
  readonly limit: number
}

/** How often the file departs from the dialect it claims, with nothing lost by it. */
export function departures({ problems }: CheckReport): number {
  let count = 0
  for (const code of codesOf(problems)) {
    if (PROBLEMS[code].severity === 'notice') count += problems[code] ?? 0
  }
  return count
}

export function checkLines(report: CheckReport, { strict, limit }: CheckShown): string[] {
  const sections = [aboutLines(report)]
  if (report.refusal !== undefined) {
    sections.push(refusalLines(report.refusal, report.refusal.at), [
      'An import would refuse this file.',
    ])
    return joined(sections)
  }
  sections.push(countLines(report), problemCountLines(report.problems))
  const listed = listedOf(report, strict)
  if (listed.length > 0) {
    const shown = listed.slice(0, limit)
    const rest = listed.length - shown.length
    const more = rest > 0 ? [`… and ${rest} more; --limit ${listed.length} shows them`] : []
    sections.push([...problemLines(shown), ...more])
  }
  sections.push(verdictLines(report, strict))
  return joined(sections)
}

function joined(sections: readonly (readonly string[])[]): string[] {
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

/** Without --strict only what an import cares about. */
function listedOf({ details }: CheckReport, strict: boolean): readonly PlacedProblem[] {
  return strict ? details : details.filter((problem) => severityOf(problem) !== 'notice')
}

function aboutLines({ fileName, bytes, frame, ...about }: CheckReport): string[] {
  const lines = [`${bold(fileName)}, ${bytes} bytes`]
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') lines.push(`  ${name.padEnd(11)}${value}`)
  }
  if (frame) {
    const { encoding, declaredEncoding } = frame
    const isDeclared = declaredEncoding === undefined || declaredEncoding.toLowerCase() === encoding
    add('dialect', frame.dialect)
    add('namespace', frame.namespace)
    add('encoding', isDeclared ? encoding : `${encoding}, declared as ${declaredEncoding}`)
    add('type', about.type)
  }
  add('datasource', about.datasource)
  add('target', about.targets.join(', '))
  add('written', about.datetime)
  return lines
}

function countLines({ counts }: CheckReport): string[] {
  const { elements, taken, notTaken, setAside } = counts
  const numbers = (kind: 'person' | 'group' | 'membership'): string[] =>
    [elements[kind], taken[kind], notTaken[kind], setAside[kind]].map(String)
  const columns = [
    { heading: '' },
    ...['in the file', 'taken', 'not taken', 'set aside'].map((heading) => ({
      heading,
      align: 'right' as const,
    })),
  ]
  const [, ...ofMembers] = numbers('membership')
  const rows = [
    ['persons', ...numbers('person')],
    ['groups', ...numbers('group')],
    ['membership lists', `${elements.membership}`, '', '', ''],
    ['members', `${counts.members}`, ...ofMembers],
    [
      'relations',
      `${counts.relations}`,
      `${counts.relations - counts.relationsSetAside}`,
      '',
      `${counts.relationsSetAside}`,
    ],
  ]
  const lines = tableLines(columns, rows, bold)
  const add = (name: string, of: { readonly [word: string]: number | undefined }): void => {
    const parts = Object.entries(of).map(([word, count]) => `${count} ${word}`)
    if (parts.length > 0) lines.push(`${name.padEnd(18)}${parts.join(', ')}`)
  }
  lines.push('')
  add('profiles', counts.profiles)
  add('group kinds', counts.groupKinds)
  add('roles', counts.roles)
  if (counts.protected > 0) add('protected', { persons: counts.protected })
  return lines
}

function verdictLines(report: CheckReport, strict: boolean): string[] {
  const { setAside } = report.counts
  const aside =
    setAside.person + setAside.group + setAside.membership + report.counts.relationsSetAside
  const accepts =
    aside === 0
      ? 'Import   takes everything.'
      : `Import   takes the file and sets ${aside} ${aside === 1 ? 'record' : 'records'} aside.`
  const count = departures(report)
  const dialect = report.frame?.dialect ?? 'the dialect'
  const follows =
    count === 0
      ? `Strict   follows ${dialect} in everything that is checked.`
      : `Strict   departs from ${dialect} ${count} ${count === 1 ? 'time' : 'times'}, with nothing lost${strict ? '.' : '; --strict lists them.'}`
  return [accepts, follows]
}

function codesOf(problems: CheckReport['problems']): ProblemCode[] {
  return Object.keys(problems) as ProblemCode[]
}

/** The same as one JSON object: `import` is what an import cares about, `strict` the departures from the dialect. */
export function checkJson(
  report: CheckReport,
  { strict, limit }: CheckShown,
): { readonly [key: string]: unknown } {
  const { details: _, refusal, problems, ...rest } = report
  return {
    ...rest,
    ...(refusal === undefined ? {} : { refusal: problemJson(refusal) }),
    departures: departures(report),
    problemCounts: problems,
    problems: listedOf(report, strict)
      .slice(0, limit)
      .map((problem) => problemJson(problem)),
  }
}
