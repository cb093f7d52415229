import assert from 'node:assert/strict'
import test from 'node:test'
import { compareGroups, comparePersons } from '../../src/change/compare-fields.ts'
import type { GroupRecord } from '../../src/roster/group.ts'
import type { PersonRecord } from '../../src/roster/person.ts'

const person = (change: Partial<PersonRecord> = {}): PersonRecord => ({
  key: 'P1',
  fields: { name: 'One', profile: 'student' },
  protected: false,
  relations: [],
  extension: [],
  ...change,
})
const group = (change: Partial<GroupRecord> = {}): GroupRecord => ({
  key: 'G1',
  kind: 'group',
  fields: { title: 'One' },
  links: [],
  extension: [],
  ...change,
})

test('each field that differs is told with before and after', () => {
  const before = person({ fields: { name: 'One', profile: 'student', email: 'a' } })
  const after = person({ fields: { name: 'Two', profile: 'student', email: 'a', phone: '1' } })
  assert.deepEqual(comparePersons(before, after), {
    before: { name: 'One', phone: null },
    after: { name: 'Two', phone: '1' },
    noLongerSent: {},
    extensionOnly: false,
  })
})

test('a field that is no longer sent is told with the value it had', () => {
  const before = person({ fields: { name: 'One', profile: 'student', email: 'a' } })
  const { after, noLongerSent } = comparePersons(before, person())
  assert.deepEqual([after, noLongerSent], [{ email: null }, { email: 'a' }])
})

test('marks, relations, kinds and links are compared whole', () => {
  const claim = { kind: 'guardian', other: 'F1', otherIs: 'elder' } as const
  const marked = comparePersons(person(), person({ protected: true, relations: [claim] }))
  assert.deepEqual(marked.after, { protected: true, relations: [claim] })
  const linked = compareGroups(
    group(),
    group({ kind: 'course', links: [{ relation: 1, key: 'S' }] }),
  )
  assert.deepEqual([linked.before, linked.extensionOnly], [{ kind: 'group', links: [] }, false])
})

test('nothing but extension data is said to be just that', () => {
  const changes = comparePersons(person(), person({ extension: ['<a/>'] }))
  assert.deepEqual(changes, {
    before: { extension: [] },
    after: { extension: ['<a/>'] },
    noLongerSent: {},
    extensionOnly: true,
  })
  assert.equal(
    compareGroups(group(), group({ extension: ['<a/>'], fields: { title: 'Two' } })).extensionOnly,
    false,
  )
})

test('the order in which a database gives the keys of an object does not matter', () => {
  const one = { kind: 'guardian', other: 'F1', otherIs: 'elder' } as const
  const other = { otherIs: 'elder', other: 'F1', kind: 'guardian' } as const
  assert.deepEqual(
    comparePersons(person({ relations: [one] }), person({ relations: [other] })).after,
    {},
  )
})
