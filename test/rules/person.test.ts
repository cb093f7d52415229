import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImsPerson } from '../../src/ims/records.ts'
import type { PersonFields } from '../../src/roster/person.ts'
import { codesOf, id, person, rules, taken } from './records.ts'

function fieldsOf(said: Partial<ImsPerson>, text = ''): PersonFields {
  return taken(rules(text).person(person(said), 'full')).record.fields
}

function keyUnder(text: string): string {
  return rules(text).key(id('1042', undefined, 'fs/a'))
}

const NAMELESS = { fn: undefined, family: undefined, given: undefined } as unknown as ImsPerson

function nameFrom(said: Partial<ImsPerson>): string | undefined {
  return fieldsOf({ ...NAMELESS, ...said }).name
}

function genderOf(gender: '0' | '1' | '2'): string | undefined {
  return fieldsOf({ gender }).gender
}

describe('key', () => {
  test('the key is the id, or source and id', () => {
    assert.equal(keyUnder(''), '1042')
    assert.equal(keyUnder('syncKey: source+id'), 'fs%2Fa/1042')
  })

  test('of New and Old the New one is the key, whatever their order', () => {
    const reading = taken(
      rules().person(person({ sourcedIds: [id('a', 'Old'), id('b', 'New')] }), 'full'),
    )
    assert.equal(reading.record.key, 'b')
    assert.equal(reading.oldKey, 'a')
  })

  test('a sourcedid without type counts before Old; Old with the same key is none', () => {
    const one = taken(rules().person(person({ sourcedIds: [id('a', 'Old'), id('b')] }), 'full'))
    assert.deepEqual([one.record.key, one.oldKey], ['b', 'a'])
    const same = taken(rules().person(person({ sourcedIds: [id('b', 'Old'), id('b')] }), 'full'))
    assert.deepEqual([same.record.key, same.oldKey], ['b', undefined])
  })

  test('a Duplicate is kept as extension data', () => {
    const said = person({ sourcedIds: [id('a'), id('d', 'Duplicate')] })
    assert.deepEqual(taken(rules().person(said, 'full')).record.extension, [
      '<sourcedid sourcedidtype="Duplicate"><source>sis</source><id>d</id></sourcedid>',
    ])
  })
})

describe('name', () => {
  test('without a formatted name it is built from its parts', () => {
    assert.equal(nameFrom({ given: 'Kari', family: 'Elev' }), 'Kari Elev')
    assert.equal(nameFrom({ family: 'Elev' }), 'Elev')
    assert.equal(nameFrom({ given: 'Kari' }), 'Kari')
  })

  test('a person without any name is set aside', () => {
    const reading = rules().person(person({ ...NAMELESS, place: 7 }), 'full')
    assert.deepEqual(reading, {
      outcome: 'setAside',
      key: 'k1',
      problem: { code: 'NAME_MISSING', place: 7, kind: 'person', key: 'k1' },
    })
  })

  test('a message that removes a person needs no name, and no profile that is taken', () => {
    const said = person({ ...NAMELESS, recstatus: 3 })
    const strict = rules('take: { profiles: [staff] }')
    assert.equal(taken(strict.person(said, 'delta')).deleted, true)
    assert.equal(strict.person(said, 'full').outcome, 'notTaken')
  })
})

describe('fields', () => {
  test('genders are words, as IMS and ISO number them the other way round', () => {
    assert.deepEqual([genderOf('0'), genderOf('1'), genderOf('2')], ['unknown', 'female', 'male'])
  })

  test('a date that cannot be read is left out with a warning', () => {
    const reading = rules().person(person({ bday: '2010-02-30' }), 'full')
    assert.equal(taken(reading).record.fields.birthDate, undefined)
    assert.deepEqual(codesOf(reading), ['DATE_UNREADABLE'])
    assert.equal(fieldsOf({ bday: '2010-02-28' }).birthDate, '2010-02-28')
  })

  test('a value longer than its limit is cut with a warning, never inside a character', () => {
    const reading = rules().person(person({ family: `${'a'.repeat(255)}😀` }), 'full')
    assert.equal(taken(reading).record.fields.family, 'a'.repeat(255))
    assert.deepEqual(codesOf(reading), ['FIELD_TOO_LONG'])
  })

  test('the first voice number is the phone, the first mobile the mobile, others are kept', () => {
    const reading = taken(
      rules().person(
        person({
          tels: [
            { value: '1', type: 2 },
            { value: '2', type: 3 },
            { value: '3', type: 1 },
            { value: '4', type: 3 },
          ],
        }),
        'full',
      ),
    ).record
    assert.deepEqual([reading.fields.phone, reading.fields.mobile], ['3', '2'])
    assert.deepEqual(reading.extension, ['<tel teltype="2">1</tel>', '<tel teltype="3">4</tel>'])
  })

  const PHONES: readonly (readonly [code: string, written: string, phone: string])[] = [
    ['+47', '73 00 00 73', '+4773000073'],
    ['+47', '+47-99900099', '+47-99900099'],
    ['+47', '004773000073', '004773000073'],
    ['+46', '070-123 45 67', '+46701234567'],
    ['+47', 'ring skolen', 'ring skolen'],
    ['off', '73 00 00 73', '73 00 00 73'],
  ]
  for (const [code, written, phone] of PHONES) {
    test(`with country code ${code} the phone "${written}" is ${phone}`, () => {
      const reading = rules(`phoneCountryCode: "${code}"`).person(
        person({ tels: [{ value: written, type: 1 }] }),
        'full',
      )
      assert.equal(taken(reading).record.fields.phone, phone)
      assert.deepEqual(codesOf(reading), phone === written ? [] : ['PHONE_NORMALISED'])
    })
  }

  test('a country code may stand without quotes, which YAML reads as a number', () => {
    const tels = [{ value: '73000073', type: 1 }] as const
    assert.equal(fieldsOf({ tels }, 'phoneCountryCode: +47').phone, '+4773000073')
  })

  test('fields that the source does not own are left to the user', () => {
    const said = { email: 'a@sk.example', nickname: 'K', url: 'u' }
    assert.deepEqual(fieldsOf(said, 'ownedFields: { person: [email] }'), {
      name: 'Kari Elev',
      profile: 'student',
      email: 'a@sk.example',
    })
    const except = fieldsOf(said, 'ownedFields: { person: { except: [email, name] } }')
    assert.deepEqual([except.email, except.nickname, except.name], [undefined, 'K', 'Kari Elev'])
  })
})

test('what the roster has no field for is kept', () => {
  const said = person({ systemRole: 'User', extension: ['<emailserver/>', '<z/>'] })
  assert.deepEqual(taken(rules().person(said, 'full')).record.extension, [
    '<emailserver/>',
    '<systemrole systemroletype="User"/>',
    '<z/>',
  ])
})

test('the same person gives the same reading', () => {
  const said = person({ bday: 'x', institutionRoles: [{ type: 'Faculty', primary: true }] })
  const compiled = rules()
  assert.deepEqual(compiled.person(said, 'full'), compiled.person(said, 'full'))
})
