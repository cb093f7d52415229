/** What a night came to, as a small table, so that a test shows the numbers that it expects as a report would. */
import assert from 'node:assert/strict'
import type { Answer, Json, Story } from './commands.ts'

interface Finding {
  readonly code: string
  readonly holds: boolean
  readonly what: string
  readonly school?: number
  readonly count?: number
  readonly of?: number
  readonly found?: string
  readonly expected?: string
}

type Counts = Readonly<Record<string, number>>

const COLUMNS = ['before', 'after', 'added', 'updated', 'removed', 'unchanged', 'setAside']
const KINDS = ['person', 'group', 'course', 'membership', 'relation']

/**
 * Holds a night against what is expected of it, written as
 * ```
 * applied, pass, exit 0, 12 records read
 *             before after added updated removed unchanged setAside
 * person         120   120     1       1       1       118        0
 * …
 * holds TOO_MANY_REMOVED persons 36 of 120 at Östskolan
 * problem MEMBER_UNKNOWN 3
 * ```
 * Findings and problems are all there are, in any order. Records read may be left out, and rows of kinds that do not
 * matter; a kind may also be a profile (students: `profile student`) or `persons at Norrskolan`.
 */
export function came({ exit, json }: Answer, expected: string): void {
  const wanted = expected
    .split('\n')
    .map(squeezed)
    .filter((line) => line !== '')
  const [head = '', ...rest] = wanted
  const read = head.includes('records read') ? `, ${String(json['recordsRead'])} records read` : ''
  const ended = exit === null ? 'killed' : `exit ${exit}`
  const actual = [`${String(json['outcome'])}, ${String(json['verdict'])}, ${ended}${read}`]
  for (const line of rest) {
    if (line.startsWith('before')) actual.push(COLUMNS.join(' '))
    else if (!isNote(line)) {
      const name = line.replace(/( [-\d]+)+$/, '')
      const counts = countsOf(json, name)
      actual.push([name, ...COLUMNS.map((column) => counts?.[column] ?? '?')].join(' '))
    }
  }
  const notes = [...findings(json), ...problems(json)].toSorted()
  const wantedNotes = rest.filter(isNote).toSorted()
  const table = [head, ...rest.filter((line) => !isNote(line))]
  assert.deepEqual([...actual, ...notes], [...table, ...wantedNotes])
}

function isNote(line: string): boolean {
  return /^(holds|notes|problem) /.test(line)
}

function squeezed(line: string): string {
  return line.trim().replaceAll(/\s+/g, ' ')
}

function countsOf(json: Json, name: string): Counts | undefined {
  if (KINDS.includes(name)) return json[name] as Counts | undefined
  const [kind = '', place = ''] = name.split(' at ')
  if (place === '') {
    const profiles = json['profiles'] as Readonly<Record<string, Counts>>
    return profiles[kind]
  }
  const schools = json['schools'] as readonly Json[]
  const school = schools.find((each) => (each['name'] ?? 'no school') === place)
  return school?.[kind] as Counts | undefined
}

function findings(json: Json): string[] {
  const schools = new Map(
    (json['schools'] as readonly Json[]).map((each) => [
      each['school'],
      each['name'] ?? 'no school',
    ]),
  )
  return (json['findings'] as readonly Finding[]).map((finding) => {
    const { code, holds, what, school, count, of, found, expected } = finding
    const share = count === undefined ? '' : ` ${count}${of === undefined ? '' : ` of ${of}`}`
    const where = school === undefined ? '' : ` at ${plain(schools.get(school))}`
    const was = expected === undefined ? '' : `, was ${expected}`
    const change = found === undefined ? '' : ` ${found}${was}`
    return `${holds ? 'holds' : 'notes'} ${code} ${what}${share}${where}${change}`
  })
}

function problems(json: Json): string[] {
  const counts = json['problems'] as Counts
  return Object.entries(counts).map(([code, count]) => `problem ${code} ${count}`)
}

/** Why a delivery was refused. */
export function refusalOf({ json }: Answer): unknown {
  return (json['refusal'] as Json | undefined)?.['code']
}

/** Changes that a run made, one line each: `update person n1-01`; sorted. */
export async function changesOf(
  story: Story,
  { json }: Answer,
  ...filter: readonly string[]
): Promise<readonly string[]> {
  const { json: run } = await story.ask('run', String(json['run']), ...filter)
  return linesOf(run['changes'] as readonly Json[], 'action', 'kind', 'key', 'otherKey')
}

/** A line for each row, its named properties with blanks between; sorted. */
export function linesOf(rows: readonly Json[], ...names: readonly string[]): string[] {
  const line = (row: Json): string =>
    names
      .filter((name) => row[name] !== undefined)
      .map((name) => plain(row[name]))
      .join(' ')
  return rows.map(line).toSorted()
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What `explain` tells of a key: its subjects, each with its changes and memberships. */
export async function explained(
  story: Story,
  key: string,
): Promise<readonly (Json & Record<'changes' | 'memberships', readonly Json[]>)[]> {
  const { json } = await story.ask('explain', key, '--limit', '100')
  return json['found'] as Awaited<ReturnType<typeof explained>>
}

/** For `map`: some properties of each row. */
export function only(...names: readonly string[]): (row: Json) => Json {
  return (row) => Object.fromEntries(names.map((name) => [name, row[name]]))
}
