import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const BELOW_STORE = ['roster', 'numbers', 'ims', 'rules', 'change']
const OF_THE_SERVICE = ['log.ts', 'part.ts', 'spans.ts']

/** Folder, or file of src/ itself → what else of src/ it may import. ARCHITECTURE.md says the same in words. */
const MAY_IMPORT: { readonly [area: string]: readonly string[] } = {
  roster: [],
  numbers: [],
  ims: ['roster', 'numbers'],
  rules: ['roster', 'numbers', 'ims'],
  change: ['roster', 'numbers'],
  store: [...BELOW_STORE, 'package-folder.ts'],
  access: [...BELOW_STORE, 'store'],
  import: [...BELOW_STORE, 'store', 'package-folder.ts', 'spans.ts'],
  correction: [...BELOW_STORE, 'store'],
  erasure: [...BELOW_STORE, 'store', 'access', 'import', 'correction'],
  demo: ['roster', 'numbers', 'ims'],
  backup: [...BELOW_STORE, 'store'],
  shown: [...BELOW_STORE, 'store', 'import', 'correction'],
  mail: [...BELOW_STORE, 'store', 'import', 'correction', 'private-address.ts', ...OF_THE_SERVICE],
  schedule: [
    ...BELOW_STORE,
    'store',
    'import',
    'correction',
    'erasure',
    'package-folder.ts',
    ...OF_THE_SERVICE,
  ],
  dropbox: [...BELOW_STORE, 'store', 'access', 'import', ...OF_THE_SERVICE],
  collect: [...BELOW_STORE, 'store', 'import', 'private-address.ts', ...OF_THE_SERVICE],
  web: [
    ...BELOW_STORE,
    'store',
    'access',
    'import',
    'correction',
    'erasure',
    'shown',
    'collect',
    'dropbox',
    'mail',
    ...OF_THE_SERVICE,
  ],
  command: [
    ...BELOW_STORE,
    'store',
    'access',
    'import',
    'correction',
    'erasure',
    'shown',
    'mail',
    'dropbox',
    'collect',
    'schedule',
    'web',
    'backup',
    'demo',
    'telemetry',
    'config.ts',
    'package-folder.ts',
    ...OF_THE_SERVICE,
  ],
  'main.ts': ['command', 'config.ts'],
  'config.ts': ['package-folder.ts', 'ims', 'store', 'dropbox', 'log.ts'],
  telemetry: ['spans.ts'],
  'log.ts': [],
  'part.ts': [],
  'spans.ts': ['log.ts'],
  'private-address.ts': [],
  'package-folder.ts': [],
  'errors.ts': [],
}
const PURE = new Set([...BELOW_STORE, 'errors.ts'])

/** npm package → the one folder that may import it; of a few, the two that have to. */
const OWNERS: { readonly [name: string]: string | readonly string[] } = {
  'xxhash-wasm': 'ims',
  // Whatever a person may set is checked where it is known.
  zod: ['rules', 'collect', 'web'],
  yaml: 'rules',
  'temporal-polyfill': 'rules',
  pg: 'store',
  'pg-copy-streams': 'store',
  yauzl: 'import',
  '@node-rs/argon2': 'access',
  nodemailer: 'mail',
  ssh2: ['dropbox', 'collect'],
  'basic-ftp': 'collect',
  'pg-boss': 'schedule',
  croner: 'schedule',
  pino: 'log.ts',
  hono: 'web',
  '@hono/node-server': 'web',
  'prom-client': 'web',
  'rate-limiter-flexible': 'web',
  commander: 'command',
  'cli-progress': 'command',
  'csv-parse': 'command',
  '@opentelemetry/api': 'telemetry',
  '@opentelemetry/exporter-trace-otlp-http': 'telemetry',
  '@opentelemetry/resources': 'telemetry',
  '@opentelemetry/sdk-trace': 'telemetry',
}

const FOLDER_NAMES_THAT_SAY_NOTHING =
  /^(utils?|helpers?|types|services?|managers?|common|lib|misc)$/
const LINES_MAX = 350

/** What the world gives without an import; pure code is handed it as an argument. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, 'reads the clock (Date.now)'],
  [/\bnew Date\(\s*\)/, 'reads the clock (new Date())'],
  [/\bMath\.random\b/, 'is random (Math.random)'],
  [/\bcrypto\./, 'is random (crypto)'],
  [/\bperformance\./, 'reads the clock (performance)'],
  [/\bprocess\./, 'looks at the process'],
  [/\b(?:setTimeout|setInterval|setImmediate)\(/, 'waits for the clock'],
  [/\bfetch\(/, 'calls the network'],
]
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/^export default\b/m, 'has a default export'],
  [/^(?:export )?(?:declare )?(?:const )?enum\s+\w/m, 'has an enum'],
  [/(?::|\bas|[<|&,(=])\s*any\b(?!\s*[:(])/, 'uses any'],
]

/** Everything in which source files break a rule: which file, which import, which rule. */
function violations(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([file, text]) => violationsOf(file, text))
}

function violationsOf(file: string, text: string): string[] {
  const where = `src/${file}`
  const area = areaOf(file)
  const may = MAY_IMPORT[area]
  if (may === undefined) {
    return [`${where}: ${area} is not in the layout; a new folder needs a rule and a reason`]
  }
  const found: string[] = []
  for (const folder of file.split('/').slice(0, -1)) {
    if (FOLDER_NAMES_THAT_SAY_NOTHING.test(folder)) {
      found.push(`${where}: the folder name ${folder} says nothing; name it for the domain`)
    }
  }
  for (const specifier of importsOf(text)) {
    const broken = brokenBy(file, area, may, specifier)
    if (broken !== undefined) found.push(`${where} imports ${specifier}: ${broken}`)
  }
  const code = withoutCommentsAndTexts(text)
  for (const [pattern, what] of PURE.has(area) ? IMPURE : []) {
    if (pattern.test(code))
      found.push(`${where} ${what}: ${area} is pure, hand it in as an argument`)
  }
  for (const [pattern, what] of FORBIDDEN) if (pattern.test(code)) found.push(`${where} ${what}`)
  const lines = text.split('\n').length - 1
  if (lines > LINES_MAX)
    found.push(`${where} has ${lines} lines: split it by idea, ${LINES_MAX} at most`)
  return found
}

/** The rule that an import breaks, in words. */
function brokenBy(
  file: string,
  area: string,
  may: readonly string[],
  specifier: string,
): string | undefined {
  if (specifier.startsWith('node:')) {
    return PURE.has(area) ? `${area} is pure: no file, clock, network or process` : undefined
  }
  if (!specifier.startsWith('.')) {
    const name = packageOf(specifier)
    const owner = OWNERS[name]
    if (owner === undefined) return `the package ${name} has no owner folder`
    const owners = [owner].flat()
    return owners.includes(area) ? undefined : `the package ${name} belongs to ${owners.join(', ')}`
  }
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
  if (!target.endsWith('.ts') && !target.endsWith('.json')) return 'imports say .ts'
  if (target.startsWith('..')) return 'src/ imports nothing outside itself'
  const of = areaOf(target)
  if (of === area || of === 'errors.ts' || may.includes(of)) return undefined
  return `${area} may import ${may.length === 0 ? 'nothing else of src/' : may.join(', ')}; not ${of}`
}

/** `zod/v4` is of zod, `@node-rs/argon2` has its scope in its name. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The folder of a file below src/, or the file itself where it is in none. */
function areaOf(file: string): string {
  return file.split('/')[0] ?? ''
}

function importsOf(text: string): string[] {
  const patterns = [
    /^(?:import|export)\b[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]/gm,
    /^import\s+['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
  ]
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name))
}

function withoutCommentsAndTexts(text: string): string {
  return text.replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g,
    (piece) => (piece.startsWith('/') ? ' ' : "''"),
  )
}

const root = path.resolve(import.meta.dirname, '..')
const sources = new Map(
  readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, readFileSync(path.join(root, 'src', file), 'utf8')]),
)

test('every source file keeps the import rules and the rules of style', () => {
  assert.ok(sources.size > 100)
  assert.deepEqual(violations(sources), [])
})

test('src/ holds nothing but folders of the layout and source files', () => {
  const there = readdirSync(path.join(root, 'src')).toSorted()
  assert.deepEqual(there, Object.keys(MAY_IMPORT).toSorted())
})

test('every dependency of the package has an owner folder that uses it', () => {
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: { [name: string]: string }
  }
  assert.deepEqual(Object.keys(OWNERS).toSorted(), Object.keys(dependencies).toSorted())
  const used = new Set(
    [...sources].flatMap(([file, text]) =>
      importsOf(text).map((name) => `${packageOf(name)} ${areaOf(file)}`),
    ),
  )
  for (const [name, owners] of Object.entries(OWNERS)) {
    for (const owner of [owners].flat()) assert.ok(used.has(`${name} ${owner}`), name)
  }
})

const BAD: readonly (readonly [string, string, string])[] = [
  ['change/judge.ts', "import { x } from '../store/runs.ts'", 'not store'],
  ['change/judge.ts', "import { x } from '../ims/records.ts'", 'not ims'],
  ['roster/person.ts', "import type { x } from '../rules/contract.ts'", 'not rules'],
  ['ims/scan.ts', "export { x } from '../rules/key.ts'", 'not rules'],
  ['store/runs.ts', "import { x } from '../import/run.ts'", 'not import'],
  ['import/run.ts', "import { x } from '../command/open.ts'", 'not command'],
  ['import/run.ts', "import { readConfig } from '../config.ts'", 'not config.ts'],
  ['demo/night.ts', "import {\n  a,\n  b,\n} from '../store/sites.ts'", 'not store'],
  ['rules/presets/sits.ts', "import { x } from '../../store/sites.ts'", 'not store'],
  ['ims/scan.ts', "import fs from 'node:fs'", 'ims is pure'],
  ['change/tree.ts', "const { x } = await import('node:fs')", 'change is pure'],
  ['import/run.ts', "import { Client } from 'pg'", 'the package pg belongs to store'],
  ['ims/tokens.ts', "import saxes from 'saxes'", 'the package saxes has no owner folder'],
  ['command/open.ts', "import { z } from 'zod/v4'", 'the package zod belongs to rules'],
  ['store/runs.ts', "import { x } from './session'", 'imports say .ts'],
  ['store/runs.ts', "import { x } from '../../test/database.ts'", 'nothing outside itself'],
  ['utils/text.ts', '', 'not in the layout'],
  ['store/helpers/text.ts', '', 'the folder name helpers says nothing'],
  ['change/judge.ts', 'const now = Date.now()', 'reads the clock'],
  ['rules/dates.ts', 'const today = new Date()', 'reads the clock'],
  ['numbers/number.ts', 'const seed = Math.random()', 'is random'],
  ['roster/person.ts', "const home = process.env['HOME']", 'looks at the process'],
  ['ims/scan.ts', 'const began = performance.now()', 'reads the clock'],
  ['import/run.ts', 'export default function run() {}', 'has a default export'],
  ['import/run.ts', 'export enum Step { one }', 'has an enum'],
  ['import/run.ts', 'const enum Step { one }', 'has an enum'],
  ['import/run.ts', 'function f(x: any) {}', 'uses any'],
  ['import/run.ts', 'const x = y as any', 'uses any'],
  ['import/run.ts', 'const x: Map<string, any> = y', 'uses any'],
  ['import/run.ts', '\n'.repeat(351), 'has 351 lines'],
]

for (const [file, text, rule] of BAD) {
  test(`the check finds in src/${file}: ${text.trim().replaceAll('\n', ' ') || 'its name or length'}`, () => {
    const found = violationsOf(file, text)
    assert.equal(found.length, 1, found.join('\n'))
    assert.ok(found[0]?.includes(rule), found[0])
  })
}

const GOOD: readonly (readonly [string, string])[] = [
  ['rules/person.ts', "import type { ImsPerson } from '../ims/records.ts'"],
  ['change/judge.ts', "import { RollcallError } from '../errors.ts'"],
  ['rules/dates.ts', 'const day = new Date(text)'],
  ['import/run.ts', 'const now = new Date()'],
  ['roster/person.ts', '/** Never from Date.now() or any: process.env neither. */'],
  ['roster/person.ts', "const hint = 'any: see process.env'"],
  ['import/problem-log.ts', 'any(severity: Severity): boolean { return this.any(severity) }'],
]

for (const [file, text] of GOOD) {
  test(`the check lets pass in src/${file}: ${text}`, () => {
    assert.deepEqual(violationsOf(file, text), [])
  })
}

test('ARCHITECTURE.md lists every source file, and none that is not there', () => {
  const text = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8')
  const listed: string[] = []
  const folders: string[] = []
  for (const line of text.split('\n')) {
    const [, indent = '', name = ''] = /^( *)([\w.-]+(?:\.ts|\/))(?: |$)/.exec(line) ?? []
    if (name === '') continue
    const depth = indent.length / 2
    folders.length = depth
    if (name.endsWith('/')) folders[depth] = name
    else if (folders[0] === 'src/') listed.push([...folders, name].join('').slice('src/'.length))
  }
  const missing = [...sources.keys()].filter((file) => !listed.includes(file))
  const gone = listed.filter((file, index) => !sources.has(file) || listed.indexOf(file) !== index)
  assert.deepEqual({ missing, gone }, { missing: [], gone: [] })
})
