import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  HIDDEN,
  isProtectedChange,
  mayListProtected,
  SEARCHED_FIELDS,
  shownPerson,
  shownValues,
} from '../../src/roster/display.ts'
import { PERSON_FIELDS } from '../../src/roster/person.ts'

const secret = fc
  .string({ minLength: 12, maxLength: 20 })
  .map((text) => `secret-${text.replaceAll(/\s/g, '')}`)
const anyFields = fc.record(
  Object.fromEntries(
    PERSON_FIELDS.filter((field) => field !== 'profile' && field !== 'status').map(
      (field) => [field, secret] as const,
    ),
  ),
  { requiredKeys: [] },
)

test('a person without protection is shown as he is', () => {
  const fields = { name: 'Ada Example', email: 'ada@school.example' }
  assert.deepEqual(shownPerson({ id: 7, fields, protected: false }), {
    name: 'Ada Example',
    fields,
    protected: false,
  })
})

test('a person without a formatted name is shown by its parts', () => {
  const { name } = shownPerson({ fields: { given: 'Ada', family: 'Example' }, protected: false })
  assert.equal(name, 'Ada Example')
})

test('a protected person is shown by our own short id, and nothing else of him is', () => {
  const fields = { name: 'Ada Example', profile: 'student', locality: 'Elsewhere', username: 'ada' }
  assert.deepEqual(shownPerson({ id: 7, fields, protected: true }), {
    name: 'Protected person 7',
    fields: { name: 'Protected person 7', profile: 'student' },
    protected: true,
  })
})

test('a protected person who is only planned has no id to be shown by', () => {
  assert.equal(shownPerson({ id: -3, fields: {}, protected: true }).name, 'Protected person (new)')
})

test('no value of any field of a protected person is ever in what is shown', () => {
  fc.assert(
    fc.property(anyFields, (fields) => {
      assert.ok(
        !JSON.stringify(shownPerson({ id: 1, fields, protected: true })).includes('secret-'),
      )
    }),
  )
})

test('a change of a protected person names the fields and hides their values', () => {
  const values = {
    name: 'Ada',
    email: null,
    profile: 'staff',
    protected: true,
    relations: [{ other: 'x' }],
  }
  assert.deepEqual(shownValues(values, true), {
    name: HIDDEN,
    email: null,
    profile: 'staff',
    protected: true,
    relations: HIDDEN,
  })
  assert.equal(shownValues(values, false), values)
})

test('a change is protected while the mark is set, when it is set, and when it is taken away', () => {
  assert.ok(isProtectedChange({ protected: true }))
  assert.ok(isProtectedChange({ before: { protected: false }, after: { protected: true } }))
  assert.ok(isProtectedChange({ before: { protected: true }, after: { protected: false } }))
  assert.ok(!isProtectedChange({ before: { name: 'Ada' }, after: { name: 'Eva' } }))
})

test('protected persons are listed among all and found by key, never by name, school or group', () => {
  assert.ok(mayListProtected({}))
  assert.ok(mayListProtected({ key: 'P-1' }))
  assert.ok(!mayListProtected({ search: 'Ada' }))
  assert.ok(!mayListProtected({ school: 'S-1' }))
  assert.ok(!mayListProtected({ group: 'G-1' }))
})

test('nothing that is a number of a person is searched', () => {
  assert.ok(!(SEARCHED_FIELDS as readonly string[]).includes('nationalNumber'))
})
