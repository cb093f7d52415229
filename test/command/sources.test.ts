import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sourceChange, whenChange } from '../../src/command/sources.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-sources-'))
after(() => rmSync(folder, { recursive: true }))
const site = { site: 'default' }

test('percentages and floors of one limit are one setting', () => {
  assert.deepEqual(
    sourceChange({
      ...site,
      limit: { 'persons.removed': 10 },
      floor: { 'persons.removed': 8, 'groups.removed': 6 },
    }).limits,
    { 'persons.removed': { percent: 10, floor: 8 }, 'groups.removed': { floor: 6 } },
  )
})

test('rules are kept as they were written', () => {
  const file = join(folder, 'rules.yaml')
  writeFileSync(file, '# ours\nextends: pifu\n')
  assert.equal(sourceChange({ ...site, rules: file }).rules, '# ours\nextends: pifu\n')
  assert.equal(sourceChange({ ...site, defaultRules: true }).rules, null)
  assert.equal('rules' in sourceChange(site), false)
})

test('wrong rules are refused with the path of the wrong key', () => {
  const file = join(folder, 'wrong.yaml')
  writeFileSync(file, 'take:\n  kinds: [pupil]\n')
  assert.throws(() => sourceChange({ ...site, rules: file }), {
    code: 'ERR_RULES_WRONG',
    message: /take\.kinds/,
  })
})

test('own and built-in rules at once are a contradiction', () => {
  assert.throws(() => sourceChange({ ...site, rules: 'x', defaultRules: true }), {
    code: 'ERR_USAGE',
  })
})

test('when a delivery is expected keeps what is not said, and counts from now', () => {
  const now = new Date('2026-11-27T12:00:00Z')
  const since = now.toISOString()
  const set = whenChange({ ...site, expect: '02:00', weekdays: [1, 2] }, undefined, now)
  const expect = { at: '02:00', graceMinutes: 60, weekdays: [1, 2], since }
  assert.deepEqual(set, { expect })
  assert.deepEqual(whenChange({ ...site, grace: 30 }, expect, now), {
    expect: { ...expect, graceMinutes: 30 },
  })
  assert.deepEqual(whenChange({ ...site, expect: null }, expect, now), { expect: null })
  assert.deepEqual(whenChange({ ...site, schedule: 'on-arrival' }, expect, now), {
    schedule: 'on arrival',
  })
  assert.deepEqual(whenChange(site, expect, now), {})
  assert.throws(() => whenChange({ ...site, grace: 30 }, undefined, now), /--expect/)
})
