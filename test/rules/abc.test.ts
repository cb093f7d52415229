import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ImsGroup, ImsPerson } from '../../src/ims/records.ts'
import { gather } from '../ims/gather.ts'
import { abcBytes, groupId, personId, unit, type AbcSpec } from '../import/abc-deliveries.ts'
import { group, id, member, person, role, rules as rulesOf, taken, type } from './records.ts'

const abc = rulesOf('extends: abc')
const NUMBER = '10818000052'

test('the preset reads the sample file: numbers, usernames, profiles, schools, courses and roles', () => {
  const file = new URL('../../examples/abc-enterprise.xml', import.meta.url)
  const { records, problems, frames } = gather(readFileSync(file), { abc: abc.abc })
  assert.deepEqual([problems, frames[0]?.encoding], [[], 'iso-8859-1'])
  const persons = records.filter((record) => record.kind === 'person')
  const read = persons.map((each) => taken(abc.person(each, 'full')).record)
  const { key, fields } = read[0] ?? {}
  assert.deepEqual(
    [key, fields?.nationalNumber, fields?.username, fields?.mobile, fields?.profile],
    [NUMBER, NUMBER, 'mild0', '+4740000000', 'staff'],
  )
  const kinds = records
    .filter((record) => record.kind === 'group')
    .map((each) => taken(abc.group(each, 'full')).record.kind)
  assert.deepEqual(kinds, [
    'site',
    'school',
    'group',
    'school',
    'group',
    'group',
    'course',
    'course',
  ])
  const roles = records
    .filter((record) => record.kind === 'membership')
    .flatMap(({ members }) =>
      members.map((each) => taken(abc.member(each, 'full')).record.roles[0]?.role),
    )
  assert.deepEqual(new Set(roles), new Set(['teacher', 'learner']))
})

const contact = (kind: string, value: string): NonNullable<ImsPerson['contacts']>[number] => ({
  type: kind,
  value,
})

test('contacts become the fields that rules say, the best first, and the rest is kept', () => {
  const rules = rulesOf(
    'contacts: { email: [work*, "*mail*"], mobile: ["*cell*"], phone: ["*phone*"] }',
  )
  const contacts = [
    contact('private mail', 'b@x.example'),
    contact('work mail', 'a@x.example'),
    contact('cell phone', '+4740000001'),
    contact('pager', '1'),
  ]
  const { fields, extension } = taken(rules.person(person({ contacts }), 'full')).record
  assert.deepEqual(
    [fields.email, fields.mobile, fields.phone],
    ['a@x.example', '+4740000001', undefined],
  )
  assert.deepEqual(extension, [
    '<contactinfo contacttype="pager">1</contactinfo>',
    '<contactinfo contacttype="private mail">b@x.example</contactinfo>',
  ])
  const sent = taken(rules.person(person({ contacts, email: 'own@x.example' }), 'full')).record
  assert.equal(sent.fields.email, 'own@x.example')
})

test('groups have contacts, too', () => {
  const contacts = [contact('primary e-mail address', 'unit@x.example')]
  const said: Partial<ImsGroup> = { contacts, types: [type('ou', '1', 'sko')] }
  const { fields, kind } = taken(abc.group(group(said), 'full')).record
  assert.deepEqual([fields.email, kind], ['unit@x.example', 'school'])
})

test('a relation says the profile where no userid does, and what the rules name first counts', () => {
  const profileOf = (relationTypes: string[], rules = abc): string | undefined =>
    taken(rules.person(person({ relationTypes }), 'full')).record.fields.profile
  assert.equal(profileOf(['Student, aktiv (5:7)']), 'student')
  assert.equal(profileOf(['Student, aktiv (5:7)', 'Ansatt, vitenskapelig (6:9)']), 'staff')
  assert.equal(profileOf(['paid-people']), 'student')
  const own = rulesOf('extends: abc\nprofiles: { byRelationType: { paid*: guest } }')
  assert.equal(profileOf(['Ansatt', 'paid-people'], own), 'guest')
})

test('roles may be named with *, whole words first', () => {
  const rules = rulesOf('roles: { "*lektor*": teacher, lektorstudent: learner }')
  const roleOf = (roleType: string): unknown => {
    const { record, problems } = taken(rules.member(member([role(roleType)]), 'full'))
    return [record.roles[0]?.role, problems.map(({ code }) => code)]
  }
  assert.deepEqual(roleOf('Førstelektor (1:2)'), ['teacher', []])
  assert.deepEqual(roleOf('lektorstudent'), ['learner', []])
  assert.deepEqual(roleOf('vaktmester'), ['guest', ['ROLE_UNKNOWN']])
})

test('only links with a label that the rules name count as parents', () => {
  const link = (label: string, key: string) => ({ relation: 1 as const, label, sourcedId: id(key) })
  const links = [link('sits in', 'g2'), link('ue-ou', 'g3'), link('', 'g4')]
  const read = (text: string): unknown =>
    taken(rulesOf(text).group(group({ links }), 'full')).record.links.map(({ relation, key }) => [
      relation,
      key,
    ])
  assert.deepEqual(read('parentLabels: ["ue-*"]'), [
    [3, 'g2'],
    [1, 'g3'],
    [1, 'g4'],
  ])
  assert.deepEqual(read('syncKey: id'), [
    [1, 'g2'],
    [1, 'g3'],
    [1, 'g4'],
  ])
})

test('with source and id, records of two kinds may have one id', () => {
  const rules = rulesOf('extends: abc\nsyncKey: source+id')
  const spec: AbcSpec = {
    units: [{ id: '1' }],
    persons: [{ ids: [['NO_BIRTHNO', NUMBER]] }],
    groups: [{ type: 'uegroup', id: '1' }],
    relations: [
      { type: 'ue-ou', subject: unit('1'), objects: [groupId('1', 'uegroup')] },
      { type: 'ue-people', subject: groupId('1', 'uegroup'), objects: [personId(NUMBER)] },
    ],
  }
  const { records } = gather(abcBytes(spec), { abc: rules.abc })
  const keys = records.flatMap((record) => {
    if (record.kind === 'membership') return [rules.listKey(record)]
    if (record.kind === 'person') return [taken(rules.person(record, 'full')).record.key]
    const { key, links } = taken(rules.group(record, 'full')).record
    return [key, ...links.map((each) => each.key)]
  })
  assert.deepEqual(keys, [
    'institusjonsnummer/201',
    'sko/1',
    'institusjonsnummer/201',
    `NO_BIRTHNO/${NUMBER}`,
    'uegroup/1',
    'sko/1',
    'uegroup/1',
  ])
})

test('rules that differ in the order of what they look through are other rules', () => {
  const one = rulesOf('profiles: { byRelationType: { a*: staff, "*b": guest } }')
  const other = rulesOf('profiles: { byRelationType: { "*b": guest, a*: staff } }')
  assert.notEqual(one.hash, other.hash)
})
