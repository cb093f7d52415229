import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { AUDIT_KEPT_YEARS } from '../src/access/audit.ts'
import { FINDING_CODES } from '../src/change/judge.ts'
import { LIMITS } from '../src/change/limits.ts'
import { makeProgram } from '../src/command/program.ts'
import { limitVariable } from '../src/config.ts'
import { DEFAULT_DROP_BOX_LIMITS } from '../src/dropbox/limits.ts'
import { ERROR_CODES } from '../src/errors.ts'
import { PREAMBLE_BYTES_MAX } from '../src/ims/frame.ts'
import { DEFAULT_READ_LIMITS, READ_LIMIT_BOUNDS } from '../src/ims/limits.ts'
import { NAME_PROBES_MAX, NAMES_MAX } from '../src/ims/names.ts'
import { SECRET_DAYS_MAX } from '../src/import/forget-secrets.ts'
import { ZIP_ENTRIES_MAX } from '../src/import/unzip.ts'
import { PERIODS } from '../src/roster/retention.ts'
import { PROBLEMS } from '../src/roster/problems.ts'
import { SENT_DAYS_KEPT } from '../src/mail/settings.ts'
import { EVENTS_DAYS_KEPT, REQUESTS_DAYS_KEPT } from '../src/schedule/upkeep.ts'
import { DEFAULT_WAIT_LIMITS } from '../src/store/waits.ts'
import { GROUP_FIELD_CHARACTERS_MAX, PERSON_FIELD_CHARACTERS_MAX } from '../src/rules/limits.ts'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

function filesUnder(folder: string, pattern: RegExp): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join(folder, file))
    .filter((file) => pattern.test(file))
}
const inRoot = readdirSync(root).filter((file) => file.endsWith('.md'))
const pages = [
  ...inRoot,
  ...['docs', 'examples', 'bench'].flatMap((each) => filesUnder(each, /\.md$/)),
]

/** Rows of a page's tables whose first cell is a word in backticks: the word, the other cells, the heading above. */
function rowsOf(file: string): { name: string; cells: string[]; heading: string }[] {
  const rows: { name: string; cells: string[]; heading: string }[] = []
  let heading = ''
  for (const line of read(file).split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
    const [, name = '', rest = ''] = /^\| `([\w.]+)` +\|(.*)\|$/.exec(line) ?? []
    if (name === '') continue
    rows.push({ name, cells: rest.split('|').map((cell) => cell.trim()), heading })
  }
  return rows
}

function namesIn(file: string, pattern: RegExp): string[] {
  return rowsOf(file)
    .map(({ name }) => name)
    .filter((name) => pattern.test(name))
    .toSorted()
}

const sorted = (names: readonly string[]): string[] => names.toSorted()

test('docs/errors.md explains every error code, and none that does not exist', () => {
  assert.deepEqual(namesIn('docs/errors.md', /^ERR_/), sorted(ERROR_CODES))
})

test('docs/problems.md explains every problem code, and none that does not exist', () => {
  assert.deepEqual(namesIn('docs/problems.md', /^[A-Z]/), sorted(Object.keys(PROBLEMS)))
})

test('docs/problems.md has every problem under its severity, as the program says it, with what to do', () => {
  const headings = {
    refused: 'Refused',
    setAside: 'Set aside',
    warning: 'Warnings',
    notice: 'Notices',
  }
  for (const { name, cells, heading } of rowsOf('docs/problems.md')) {
    const { severity, says } = PROBLEMS[name as keyof typeof PROBLEMS]
    assert.equal(heading, headings[severity], name)
    assert.equal(cells[0], says.replaceAll(/<[^>]+>/g, '`$&`'), name)
    assert.ok((cells[1]?.length ?? 0) > 4, `${name}: what to do is missing`)
  }
})

test('docs/safety-filter.md explains every finding code, and none that does not exist', () => {
  assert.deepEqual(namesIn('docs/safety-filter.md', /^[A-Z]/), sorted(FINDING_CODES))
})

test('docs/safety-filter.md has every limit with its default, its floor and its bounds', () => {
  const rows = rowsOf('docs/safety-filter.md').filter(({ name }) => /^[a-z]/.test(name))
  const written = Object.fromEntries(rows.map(({ name, cells }) => [name, cells.slice(1)]))
  const expected = Object.entries(LIMITS).map(([name, limit]) => {
    const { percent, floor, percentMin, percentMax, floorMax } = limit
    return [name, [`${percent} %`, `${floor}`, `${percentMin}–${percentMax} %`, `0–${floorMax}`]]
  })
  assert.deepEqual(written, Object.fromEntries(expected))
})

/** What environment variables limit. */
const LIMITS_SET = { ...DEFAULT_READ_LIMITS, ...DEFAULT_WAIT_LIMITS }

test('docs/limits.md has every limit that is set by a variable with variable, default and bound, and none that does not exist', () => {
  const rows = rowsOf('docs/limits.md').filter(
    ({ name }) => name in LIMITS_SET || name.endsWith('Max'),
  )
  const written = Object.fromEntries(rows.map(({ name, cells }) => [name, cells.slice(1, 4)]))
  const bounds: { readonly [name: string]: number } = READ_LIMIT_BOUNDS
  const expected = Object.entries(LIMITS_SET).map(([name, value]) => [
    name,
    [
      `\`${limitVariable(name)}\``,
      valueText(name, value),
      bounds[name] === undefined ? '' : valueText(name, bounds[name]),
    ],
  ])
  assert.deepEqual(written, Object.fromEntries(expected))
})

function valueText(name: string, value: number): string {
  if (!/bytes/i.test(name) || value < 1024 ** 2) return String(value)
  return value >= 1024 ** 3 ? `${value / 1024 ** 3}G` : `${value / 1024 ** 2}M`
}

test('docs/limits.md has the longest value of every field', () => {
  const fields = { ...PERSON_FIELD_CHARACTERS_MAX, ...GROUP_FIELD_CHARACTERS_MAX }
  const text = read('docs/limits.md')
  for (const [field, max] of Object.entries(fields)) {
    const line = text
      .split('\n')
      .find((each) => each.startsWith(`| ${max} |`) && each.includes(`\`${field}\``))
    assert.ok(line !== undefined, `${field}: ${max}`)
  }
})

test('docs/limits.md names the limits that cannot be set', () => {
  const text = read('docs/limits.md')
  for (const [what, value] of [
    ['names', NAMES_MAX],
    ['is compared with', NAME_PROBES_MAX],
    ['files in a zip', ZIP_ENTRIES_MAX],
    ['before the first tag', PREAMBLE_BYTES_MAX],
  ] as const) {
    const line = text
      .split('\n')
      .find((each) => each.includes(what) && each.includes(String(value)))
    assert.ok(line !== undefined, what)
  }
})

test('docs/personal-data.md has every period of retention as the program keeps it', () => {
  const text = read('docs/personal-data.md')
  const section = text.slice(text.indexOf('## Retention'), text.indexOf('## Erasure'))
  for (const [what, period] of [
    ['`--keep-deliveries`', `${PERIODS.keepDeliveries.days} days`],
    ['`--keep-journal`', `${PERIODS.keepJournal.days} days`],
    ['`--keep-bin`', PERIODS.keepBin.days ?? 'off'],
    ['`--quarantine`', `${PERIODS.quarantine.days} days`],
    ['audit log', `${AUDIT_KEPT_YEARS} years`],
    ['events, arrivals', `${EVENTS_DAYS_KEPT} days`],
    ['mails and calls', `${SENT_DAYS_KEPT} days`],
    ['carried passwords', `${SECRET_DAYS_MAX} days`],
    ['requests to the API', `${REQUESTS_DAYS_KEPT} day`],
  ] as const) {
    const line = section.split('\n').find((each) => each.startsWith('|') && each.includes(what))
    assert.ok(line?.includes(`| ${period}`), `${what}: ${period}`)
  }
})

test('every link between pages leads somewhere', () => {
  const broken: string[] = []
  for (const page of pages) {
    for (const [, link = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
      const found = existsSync(path.join(root, target))
      if (!found || (anchor !== undefined && !anchorsOf(target).includes(anchor))) {
        broken.push(`${page}: ${link}`)
      }
    }
  }
  assert.deepEqual(broken, [])
})

function anchorsOf(page: string): string[] {
  const headings = read(page).matchAll(/^#+ (.*)$/gm)
  return Array.from(headings, ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('docs/README.md lists every page of the manual', () => {
  const index = read('docs/README.md')
  for (const page of filesUnder('docs', /\.md$/)) {
    const name = path.basename(page)
    assert.ok(name === 'README.md' || index.includes(`(${name})`), name)
  }
})

/** Command lines of a page: lines of code blocks, and inline code, that begin with the program's name. */
function commandLinesOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|console|)\n([\s\S]*?)^```/gm)].map(
    ([, block = '']) => block,
  )
  const lines = blocks.flatMap((block) => block.split('\n'))
  const inline = [...text.matchAll(/`((?:\.\/)?rollcall [^`\n]+)`/g)].map(([, code = '']) => code)
  return [...lines, ...inline].flatMap((line) => {
    const found = /(?:^|&& |\$ |[A-Z_]+=\S+ )((?:\.\/)?rollcall (?!.*: )\S.*)$/.exec(line.trim())
    return found?.[1] === undefined ? [] : [found[1].replace(/ #.*$/, '')]
  })
}

/** What is wrong with a command line as it stands in a manual; undefined where it names a command and options that exist. */
function faultOf(line: string): string | undefined {
  let command: Command = makeProgram()
  const [, ...words] = line.split(/\s+/)
  while (words.length > 0) {
    const next = command.commands.find((each) => each.name() === words[0])
    if (next === undefined) break
    command = next
    words.shift()
  }
  if (command.parent === null && !/^(-|help|COMMAND)/.test(words[0] ?? '-'))
    return `no command ${words[0]}`
  for (const option of line.match(/(?<= )--[a-z-]+/g) ?? []) {
    const known = [...command.options.map(({ long }) => long), '--help', '--version']
    if (!known.includes(option)) return `${command.name()} has no ${option}`
  }
  return undefined
}

test('every command that the manual shows exists, with its options', () => {
  const faults: string[] = []
  let shown = 0
  for (const page of pages) {
    for (const line of commandLinesOf(read(page))) {
      shown++
      const fault = faultOf(line)
      if (fault !== undefined) faults.push(`${page}: ${line}: ${fault}`)
    }
  }
  assert.ok(shown > 20)
  assert.deepEqual(faults, [])
})

test('a command or an option that does not exist is found', () => {
  assert.equal(faultOf('./rollcall frobnicate 3'), 'no command frobnicate')
  assert.equal(faultOf('rollcall roster persons --colour red'), 'persons has no --colour')
  assert.equal(faultOf('rollcall roster persons --search berg'), undefined)
})

test('the README shows the two commands that a fresh clone is tried with', () => {
  const text = read('README.md')
  for (const line of [
    'npm install && ./rollcall import examples/night-1.xml',
    './rollcall import examples/night-2.xml',
    'npm install && npm test',
  ]) {
    assert.ok(text.includes(`\n${line}\n`), line)
  }
})

/** Traces of the place or the way in which a text was made. This file has them, and is not looked at. */
const TRACES = [
  /(?<![\w.-])\/work\/(?:main|shared)\b/,
  /\/tmp\/(?:scratch|bash)/,
  /\bissue #?[0-9]/i,
  /\(#\d+\)/,
  /\bdesign\.md\b|\bdomain\/[a-z]+\.md\b/,
]

test('the project speaks of itself alone: no paths of a machine, no numbers of a tracker, no notes from elsewhere', () => {
  const folders = ['src', 'test', 'docs', 'sql', 'scripts', 'bench', 'examples', '.ci']
  const files = [
    ...inRoot,
    ...folders.flatMap((each) => filesUnder(each, /\.(ts|md|sql|json|mjs)$|\/[a-z-]+$/)),
  ]
  const found: string[] = []
  for (const file of files) {
    if (file === 'test/docs.test.ts' || isFolder(file)) continue
    const text = read(file)
    for (const trace of TRACES) {
      const [what] = trace.exec(text) ?? []
      if (what !== undefined) found.push(`${file}: ${what}`)
    }
  }
  assert.deepEqual(found, [])
})

function isFolder(file: string): boolean {
  return statSync(path.join(root, file)).isDirectory()
}

test('docs/drop-box.md has every limit on the drop box with variable and default, and none that does not exist', () => {
  const rows = rowsOf('docs/drop-box.md').filter(({ name }) => name.endsWith('Max'))
  const written = Object.fromEntries(rows.map(({ name, cells }) => [name, cells.slice(1, 3)]))
  const expected = Object.entries(DEFAULT_DROP_BOX_LIMITS).map(([name, value]) => [
    name,
    [`\`${limitVariable(name, 'DROPBOX_')}\``, valueText(name, value as number)],
  ])
  assert.deepEqual(written, Object.fromEntries(expected))
})
