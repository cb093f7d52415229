import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImsRole } from '../../src/ims/records.ts'
import type { MemberRole } from '../../src/roster/membership.ts'
import { codesOf, id, member, membership, role, rules, taken } from './records.ts'

function rolesOf(roles: readonly ImsRole[], text = ''): readonly MemberRole[] {
  return taken(rules(text).member(member(roles), 'full')).record.roles
}

const ROLES: readonly (readonly [
  roleType: string,
  text: string,
  role: string,
  codes: readonly string[],
])[] = [
  ['01', '', 'learner', []],
  ['02', '', 'teacher', []],
  ['03', '', 'guest', []],
  ['04', '', 'guest', []],
  ['05', '', 'leadership', []],
  ['06', '', 'mentor', []],
  ['07', '', 'administrator', []],
  ['08', '', 'assistant', []],
  ['', '', 'learner', []],
  ['99', '', 'guest', ['ROLE_UNKNOWN']],
  ['Tutor', 'roles: { tutor: teacher }', 'teacher', []],
  ['01', 'extends: fronter', 'guest', []],
  ['02', 'extends: fronter', 'learner', []],
  ['03', 'extends: fronter', 'teacher', []],
  ['06', 'extends: fronter', 'teacher', []],
  ['07', 'extends: fronter', 'teacher', []],
  ['04', 'roles: { 4: assistant }', 'assistant', []],
]

for (const [roleType, text, expected, codes] of ROLES) {
  test(`roletype "${roleType}" under "${text || 'ims'}" is ${expected}`, () => {
    const reading = rules(text).member(member([role(roleType)]), 'full')
    assert.deepEqual(taken(reading).record.roles, [{ role: expected, active: true, extension: [] }])
    assert.deepEqual(codesOf(reading), codes)
  })
}

test('a member without a role has the one that rules say', () => {
  assert.equal(rolesOf([])[0]?.role, 'learner')
  assert.equal(rolesOf([], 'extends: vigobas')[0]?.role, 'guest')
  assert.equal(rolesOf([], 'missingRole: assistant')[0]?.role, 'assistant')
})

test('the strongest role comes first, an active one before an inactive one', () => {
  const roles = rolesOf([role('01'), role('07', { active: false }), role('02'), role('08')])
  assert.deepEqual(
    roles.map(({ role, active }) => [role, active]),
    [
      ['teacher', true],
      ['assistant', true],
      ['learner', true],
      ['administrator', false],
    ],
  )
})

test('a role that is repeated counts once', () => {
  assert.equal(rolesOf([role('01'), role('01')]).length, 1)
})

test('dates, subrole and extension of a role are kept', () => {
  const said = role('02', {
    subrole: 'vikar',
    timeframe: { begin: '2025-08-01', end: '20260601', adminPeriod: 'H2025' },
    extension: ['<pifu_primaryRelation>1</pifu_primaryRelation>'],
  })
  assert.deepEqual(rolesOf([said]), [
    {
      role: 'teacher',
      active: true,
      begin: '2025-08-01',
      end: '2026-06-01',
      subrole: 'vikar',
      extension: [
        '<adminperiod>H2025</adminperiod>',
        '<pifu_primaryRelation>1</pifu_primaryRelation>',
      ],
    },
  ])
})

test('a date of a role that cannot be read is left out, a reversed frame kept, both with a warning', () => {
  const said = role('01', { timeframe: { begin: 'soon', end: '2025-01-01' } })
  const reading = rules().member(member([said]), 'full')
  assert.deepEqual(codesOf(reading), ['DATE_UNREADABLE'])
  assert.equal(taken(reading).record.roles[0]?.end, '2025-01-01')
  const reversed = role('01', { timeframe: { begin: '2025-02-01', end: '2025-01-01' } })
  assert.deepEqual(codesOf(rules().member(member([reversed]), 'full')), ['TIMEFRAME_REVERSED'])
})

test('a member goes when each of its roles does, but not in a full file', () => {
  const gone = [role('01', { recstatus: 3 }), role('02', { recstatus: 3 })]
  const compiled = rules()
  assert.equal(taken(compiled.member(member(gone), 'delta')).deleted, true)
  assert.equal(taken(compiled.member(member(gone.slice(1)), 'event')).deleted, true)
  assert.equal(taken(compiled.member(member(gone), 'full')).deleted, false)
  const half = taken(compiled.member(member([role('01'), role('02', { recstatus: 3 })]), 'delta'))
  assert.equal(half.deleted, false)
  assert.deepEqual(
    half.record.roles.map(({ role }) => role),
    ['learner'],
  )
})

test('a group as member is a group', () => {
  const reading = rules().member(member([role('02')], { idtype: 2 }), 'full')
  assert.equal(taken(reading).record.memberKind, 'group')
})

test('where memberships are not taken, members are counted', () => {
  const reading = rules('take: { kinds: [person, group] }').member(member([role('01')]), 'full')
  assert.equal(reading.outcome, 'notTaken')
})

test('a list belongs to the group that its current sourcedid names', () => {
  assert.equal(rules().listKey(membership([id('a', 'Old'), id('b', 'New')])), 'b')
  assert.equal(rules('syncKey: source+id').listKey(membership([id('b')])), 'sis/b')
  assert.equal(rules().listKey(membership([])), undefined)
})

test('ordinary members share their roles, so that a million of them cost little', () => {
  const compiled = rules()
  const [one, other] = ['p1', 'p2'].map((key) => {
    const said = member([role('01', { active: false })], { sourcedId: id(key) })
    return taken(compiled.member(said, 'full')).record.roles
  })
  assert.equal(one, other)
  assert.equal(Object.isFrozen(one), true)
})
