import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRules } from '../../src/rules/compile.ts'
import { effectiveRules } from '../../src/rules/extend.ts'
import { parseRules } from '../../src/rules/parse.ts'
import { PRESETS } from '../../src/rules/presets.ts'
import { PRESET_NAMES, rulesFileSchema } from '../../src/rules/schema.ts'

function hashOf(text: string): string {
  return compileRules(parseRules(text)).hash
}

test('a file wins over its preset, and what neither says comes from ims', () => {
  const rules = effectiveRules(
    parseRules('extends: vigobas\nprofiles: { byInstitutionRole: { Staff: other } }'),
  )
  assert.equal(rules.parentRelation, 2)
  assert.deepEqual(rules.profiles, {
    byInstitutionRole: {
      staff: 'other',
      faculty: 'staff',
      student: 'student',
      guest: 'guest',
      administrator: 'administrator',
      carer: 'guardian',
      aicc: 'other',
    },
    byUserIdType: {},
    byRelationType: {},
    fallback: 'student',
  })
})

test('a list replaces that of the preset', () => {
  const rules = effectiveRules(
    parseRules('take: { kinds: [person] }\nuserIds: { username: [login] }'),
  )
  assert.deepEqual(rules.take.kinds, ['person'])
  assert.deepEqual(rules.userIds.username, ['login'])
  assert.deepEqual(rules.userIds.upn, ['microsoftUPN'])
})

test('group kinds of a file go before those of its preset, since the first match wins', () => {
  const rules = effectiveRules(
    parseRules('extends: sits\ngroupKinds: [{ level: 0, kind: school }]'),
  )
  assert.deepEqual(rules.groupKinds.slice(0, 2), [{ level: 0, kind: 'school' }, { kind: 'course' }])
})

test('role types may be written as 1, 01 or the word of the standard', () => {
  const rules = effectiveRules(
    parseRules('roles: { 1: guest, 05: teacher, Mentor: assistant, Tutor: teacher }'),
  )
  assert.equal(rules.roles['01'], 'guest')
  assert.equal(rules.roles['05'], 'teacher')
  assert.equal(rules.roles['06'], 'assistant')
  assert.equal(rules.roles['tutor'], 'teacher')
  assert.equal(rules.roles['02'], 'teacher')
})

for (const name of PRESET_NAMES) {
  test(`the preset ${name} is itself a valid file, and can be compiled`, () => {
    assert.deepEqual(rulesFileSchema.safeParse(PRESETS[name]).error, undefined)
    assert.match(compileRules({ extends: name }).hash, /^[0-9a-f]{16}$/)
  })
}

test('the presets are all different, seen by their hash', () => {
  const hashes = PRESET_NAMES.map((name) => compileRules({ extends: name }).hash)
  assert.equal(new Set(hashes).size, PRESET_NAMES.length)
})

test('the hash says whether rules changed, not how they are written', () => {
  assert.equal(hashOf(''), hashOf('extends: ims'))
  assert.equal(hashOf(''), hashOf('syncKey: id\nrelations: { guardian: true }'))
  assert.equal(
    hashOf('profiles: { byInstitutionRole: { A: staff, B: guest } }'),
    hashOf('profiles: { byInstitutionRole: { b: guest, a: staff } }'),
  )
  assert.notEqual(hashOf(''), hashOf('syncKey: source+id'))
  assert.notEqual(
    hashOf('profiles: { byUserIdType: { a: staff, b: guest } }'),
    hashOf('profiles: { byUserIdType: { b: guest, a: staff } }'),
    'the first userid type that is there wins',
  )
})

test('a kind that is not taken is not carried either', () => {
  const rules = compileRules(parseRules('take: { kinds: [person, group] }'))
  assert.deepEqual(rules.carries, ['person', 'group'])
})
