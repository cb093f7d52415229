import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImsPerson } from '../../src/ims/records.ts'
import type { PersonFields } from '../../src/roster/person.ts'
import { codesOf, id, person, rules, taken } from './records.ts'

function fieldsOf(said: Partial<ImsPerson>, text = ''): PersonFields {
  return taken(rules(text).person(person(said), 'full')).record.fields
}

function checkNumber(country: string, value: string): boolean {
  return country === 'no' && value === '28894698995'
}

function numbered(value: string): Partial<ImsPerson> {
  return { userIds: [{ value, type: 'personNIN' }] }
}

function keyed(key: string): Partial<ImsPerson> {
  return { sourcedIds: [id(key, 'New')] }
}

function readNumber(
  text: string,
  said: Partial<ImsPerson>,
): readonly [string | undefined, readonly string[]] {
  const reading = rules(text, checkNumber).person(person(said), 'full')
  return [taken(reading).record.fields.nationalNumber, codesOf(reading)]
}

function made(pattern: string, fields: PersonFields, attempt = 1): string | undefined {
  const record = { key: 'k', fields, protected: false, relations: [], extension: [] }
  return rules(`usernames: "${pattern}"`).username(record, attempt)
}

describe('userids', () => {
  test('each type is its field, and the rest is extension data without duplicates of fields', () => {
    const reading = taken(
      rules().person(
        person({
          userIds: [
            { value: '28894698995', type: 'personNIN' },
            { value: 'kari', type: 'username', authenticationType: 'ldap' },
            { value: 'kari@sk.example', type: 'feideID' },
            { value: 'kari@ms.example', type: 'microsoftUPN' },
            { value: '77 & 8', type: 'studentID' },
          ],
        }),
        'full',
      ),
    )
    const { username, nationalNumber, feideId, upn } = reading.record.fields
    assert.deepEqual(
      [username, nationalNumber, feideId, upn],
      ['kari', '28894698995', 'kari@sk.example', 'kari@ms.example'],
    )
    assert.deepEqual(reading.record.extension, [
      '<userid useridtype="studentID">77 &amp; 8</userid>',
      '<userid useridtype="username" authenticationtype="ldap"/>',
    ])
  })

  test('the type that the rules name first is the username, whatever the order in the file', () => {
    const userIds = [
      { value: 'plain' },
      { value: 'logon', type: 'Logon ID' },
      { value: 'named', type: 'username' },
    ]
    assert.equal(fieldsOf({ userIds }).username, 'named')
    assert.equal(fieldsOf({ userIds }, 'extends: banner').username, 'logon')
    assert.equal(fieldsOf({ userIds: [{ value: 'plain' }] }).username, 'plain')
    assert.equal(fieldsOf({ userIds }, 'userIds: { username: [untyped] }').username, 'plain')
  })
})

describe('national number', () => {
  test('one that fails its check is kept with a warning', () => {
    assert.deepEqual(readNumber('extends: pifu', numbered('28894698995')), ['28894698995', []])
    assert.deepEqual(readNumber('extends: pifu', numbered('28894698996')), [
      '28894698996',
      ['NUMBER_DOUBTFUL'],
    ])
  })

  test('any country will do by default, and the check can be off', () => {
    assert.deepEqual(readNumber('', numbered('28894698995'))[1], [])
    assert.deepEqual(readNumber('nationalNumber: { check: se }', numbered('28894698995'))[1], [
      'NUMBER_DOUBTFUL',
    ])
    assert.deepEqual(readNumber('nationalNumber: { check: off }', numbered('x'))[1], [])
  })

  test('a sync key is one only if it looks like one', () => {
    assert.deepEqual(readNumber('extends: vigobas', keyed('28894698995')), ['28894698995', []])
    assert.deepEqual(readNumber('extends: vigobas', keyed('28894698996')), [
      '28894698996',
      ['NUMBER_DOUBTFUL'],
    ])
    assert.deepEqual(readNumber('extends: vigobas', keyed('1042')), [undefined, []])
    assert.deepEqual(readNumber('', keyed('28894698995')), [undefined, []])
  })
})

describe('usernames', () => {
  const USERNAMES: readonly (readonly [
    pattern: string,
    given: string,
    family: string,
    attempt: number,
    username: string | undefined,
  ])[] = [
    ['{given:3}{family:3}', 'Kari', 'Elev', 1, 'karele'],
    ['{given:3}{family:3}', 'Kari', 'Elev', 2, 'karele2'],
    ['{given}.{n}x{family}', 'Kari', 'Elev', 3, 'kari.3xelev'],
    ['{given}.{family}@sk.example', 'Åse Øy', 'Ærø-Öst', 1, 'aseoy.aeroost@sk.example'],
    ['{family}', 'X', 'Müßig Đặng Łoś', 1, 'mussigdanglos'],
    ['{given:3}{family:3}', 'علي', 'حسن', 1, undefined],
    ['{given:3}{family:3}', 'Bo', '李', 1, 'bo'],
    ['off', 'Kari', 'Elev', 1, undefined],
  ]
  for (const [pattern, given, family, attempt, username] of USERNAMES) {
    test(`${pattern} makes ${username ?? 'none'} of ${given} ${family}, attempt ${attempt}`, () => {
      assert.equal(made(pattern, { given, family }, attempt), username)
    })
  }

  test('a person with only a formatted name has a family name, its last word', () => {
    assert.equal(made('{given:2}{family}', { name: 'Kari Anne Elev' }), 'kaelev')
  })
})
