import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkJson, checkLines } from '../../src/command/render-check.ts'
import { exitCodeOfCheck } from '../../src/command/check.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { checkFile, type CheckReport } from '../../src/import/check.ts'
import { compileSourceRules } from '../../src/import/source-rules.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-check-'))
after(() => rmSync(folder, { recursive: true }))

const person = (key: string, rest = `<name><fn>Test ${key}</fn></name>`, userid = ''): string =>
  `<person><sourcedid><source>s</source><id>${key}</id></sourcedid>${userid}${rest}</person>\n`
const group = (key: string, parent?: string): string =>
  `<group><sourcedid><source>s</source><id>${key}</id></sourcedid><description><short>${key}</short></description>${
    parent === undefined
      ? ''
      : `<relationship relation="1"><sourcedid><source>s</source><id>${parent}</id></sourcedid><label>parent</label></relationship>`
  }</group>\n`
const list = (key: string, ...members: string[]): string =>
  `<membership><sourcedid><source>s</source><id>${key}</id></sourcedid>\n${members
    .map(
      (member) =>
        `<member><sourcedid><source>s</source><id>${member}</id></sourcedid><idtype>1</idtype><role roletype="01"><status>1</status></role></member>\n`,
    )
    .join('')}</membership>\n`

async function check(body: string, rules: string | null = null): Promise<CheckReport> {
  const file = join(folder, 'delivery.xml')
  writeFileSync(
    file,
    `<?xml version="1.0" encoding="UTF-8"?>\n<enterprise>\n<properties><datasource>s</datasource><datetime>2026-09-01T02:00:00</datetime></properties>\n${body}</enterprise>\n`,
  )
  return checkFile({ file, rules: compileSourceRules(rules), limits: DEFAULT_READ_LIMITS })
}

/** Problems that matter to an import, as `line CODE key`. */
function told({ details }: CheckReport): string[] {
  return details
    .filter(({ code }) => !code.startsWith('STRICT_'))
    .map(({ code, at, key }) => `${at.line} ${code} ${key ?? ''}`.trim())
}

test('a good file is accepted, and counted by kind, profile and role', async () => {
  const report = await check(
    person('P-1') + person('P-2') + group('G-1') + list('G-1', 'P-1', 'P-2'),
  )
  assert.equal(report.outcome, 'accepted')
  assert.deepEqual(told(report), [])
  assert.deepEqual(report.counts.taken, { person: 2, group: 1, membership: 2 })
  assert.deepEqual(report.counts.roles, { learner: 2 })
  assert.equal(report.datasource, 's')
  assert.equal(exitCodeOfCheck(report, false), 0)
})

test('the same record twice is one; two different ones with a key are both set aside', async () => {
  const twice = await check(person('P-1') + person('P-1'))
  assert.deepEqual(told(twice), [])
  assert.equal(twice.counts.taken.person, 1)
  const different = await check(
    person('P-1') + person('P-1', '<name><fn>Somebody else</fn></name>'),
  )
  assert.deepEqual(told(different), ['4 DUPLICATE_KEY P-1', '5 DUPLICATE_KEY P-1'])
  assert.equal(different.counts.taken.person, 0)
  assert.equal(exitCodeOfCheck(different, false), 5)
})

test('all persons who share a username are set aside, whatever its case', async () => {
  const report = await check(
    person('P-1', undefined, '<userid>ada</userid>') +
      person('P-2', undefined, '<userid>ADA</userid>'),
  )
  assert.deepEqual(told(report), ['4 DUPLICATE_USERNAME P-1', '5 DUPLICATE_USERNAME P-2'])
})

test('members, groups and parents that are nowhere in the file are found, in whatever order it is', async () => {
  const report = await check(
    list('G-1', 'P-1', 'P-9') + list('G-9', 'P-1') + group('G-1', 'G-8') + person('P-1'),
  )
  assert.deepEqual(
    told(report).filter((line) => !line.includes('ORDER')),
    ['6 MEMBER_UNKNOWN P-9', '8 GROUP_UNKNOWN G-9', '11 PARENT_UNKNOWN G-1'],
  )
})

test('a member who is set aside himself is not there for his lists', async () => {
  const report = await check(person('P-1', '<name></name>') + group('G-1') + list('G-1', 'P-1'))
  assert.deepEqual(told(report), ['4 NAME_MISSING P-1', '7 MEMBER_UNKNOWN P-1'])
})

test('every group of a cycle is set aside', async () => {
  const report = await check(group('G-1', 'G-2') + group('G-2', 'G-1') + group('G-3', 'G-1'))
  const cycles = told(report).filter((line) => line.includes('CYCLE'))
  assert.deepEqual(cycles, ['4 PARENT_CYCLE G-1', '5 PARENT_CYCLE G-2'])
})

test('a file that ends early is refused with the place, and nothing else of it counts', async () => {
  const file = join(folder, 'early.xml')
  writeFileSync(file, `<enterprise>\n${person('P-1', '<name></name>')}<person>`)
  const report = await checkFile({
    file,
    rules: compileSourceRules(null),
    limits: DEFAULT_READ_LIMITS,
  })
  assert.equal(report.outcome, 'refused')
  assert.equal(report.refusal?.code, 'ENDS_EARLY')
  assert.equal(report.refusal?.at.line, 3)
  assert.equal(report.details.length, 1)
  assert.equal(exitCodeOfCheck(report, false), 4)
  assert.ok(
    checkLines(report, { strict: false, limit: 10 }).includes('An import would refuse this file.'),
  )
})

test('a file without a record, and one for another target, are refused as an import would', async () => {
  assert.equal((await check('')).refusal?.code, 'ROSTER_EMPTY')
})

test('departures from the dialect are told apart from what an import minds', async () => {
  const report = await check(
    person('P-1', `<name><fn>Test</fn></name><email>${'e'.repeat(300)}@x.example</email>`),
  )
  const codes = (strict: boolean): unknown[] =>
    (checkJson(report, { strict, limit: 100 })['problems'] as { code: string }[]).map(
      ({ code }) => code,
    )
  assert.ok(!codes(false).includes('STRICT_LENGTH'))
  assert.ok(codes(true).includes('STRICT_LENGTH'))
  assert.equal(exitCodeOfCheck(report, false), 0)
  assert.equal(exitCodeOfCheck(report, true), 5)
})

test('what was found in the record of a protected person is not shown', async () => {
  const rules = 'protected:\n  keys: [P-1]\n'
  const born = '<name><fn>Test</fn></name><demographics><bday>secret-day</bday></demographics>'
  const report = await check(person('P-1', born) + person('P-2', born), rules)
  const shown = checkLines(report, { strict: true, limit: 100 }).join('\n')
  assert.equal(shown.match(/secret-day/g)?.length, 2)
  assert.ok(shown.includes('found (protected)'))
  assert.equal(report.counts.protected, 1)
})

test('at most so many problems are listed, and the rest is counted', async () => {
  const report = await check(list('G-1', 'P-1', 'P-2', 'P-3') + group('G-1'))
  const lines = checkLines(report, { strict: false, limit: 1 })
  assert.ok(lines.includes('… and 2 more; --limit 3 shows them'))
})
