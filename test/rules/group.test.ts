import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImsGroup, ImsGroupType } from '../../src/ims/records.ts'
import type { GroupFields } from '../../src/roster/group.ts'
import { codesOf, group, id, rules, taken, type } from './records.ts'

function fieldsOf(said: Partial<ImsGroup>, text = ''): GroupFields {
  return taken(rules(text).group(group(said), 'full')).record.fields
}

function outcome(text: string, said: Partial<ImsGroup> = {}): string {
  return rules(text).group(group(said), 'full').outcome
}

describe('kind', () => {
  const KINDS: readonly (readonly [
    preset: string,
    type: ImsGroupType | undefined,
    kind: string,
  ])[] = [
    ['ims', undefined, 'group'],
    ['ims', type('x', '0', 'site'), 'site'],
    ['ims', type('x', '1', 'School'), 'school'],
    ['ims', type('', '2', 'COURSE'), 'course'],
    ['ims', type('', '2', 'anything'), 'group'],
    ['ims', type('', '0', 'Kommune'), 'site'],
    ['ims', type('', '1', ''), 'school'],
    ['ims', type('itslorganisation', '01', 'x'), 'school'],
    ['ims', type('of their own', '1', 'x'), 'group'],
    ['ims', type('', '3', 'Undervisningsgrupp'), 'course'],
    ['ims', type('pifu-ims-go-org', '1', 'skoleeier'), 'site'],
    ['pifu', type('pifu-ims-go-org', '1', 'skoleeier'), 'site'],
    ['pifu', type('pifu-ims-go-org', '2', 'skole'), 'school'],
    ['pifu', type('pifu-ims-go-grp', '1', 'basisgruppe'), 'group'],
    ['pifu', type('pifu-ims-go-grp', '2', 'undervisningsgruppe'), 'course'],
    ['pifu', type('pifu-ims-go-grp', '3', 'kontaktlærergruppe'), 'mentorGroup'],
    ['pifu', type('pifu-ims-go-grp', '4', 'trinn'), 'group'],
    ['pifu', type('PIFU-MÅNE', '1', 'Kommune'), 'site'],
    ['pifu', type('PIFU-MÅNE', '2', 'Skole'), 'school'],
    ['pifu', type('PIFU-MÅNE', '5', 'Undervisningsgruppe'), 'course'],
    ['vigobas', type('', '0', 'Fylke'), 'site'],
    ['vigobas', type('', '1', 'Skole'), 'school'],
    ['vigobas', type('', '1', 'LÆRERE'), 'group'],
    ['cerebrum-fs', type('NO-FS', '0', 'Sted'), 'site'],
    ['cerebrum-fs', type('NO-FS', '1', 'Sted'), 'school'],
    ['cerebrum-fs', type('NO-FS', '2', 'Sted'), 'group'],
    ['fronter', type('FronterStructure1.0', '0', ''), 'school'],
    ['fronter', type('FronterStructure1.0', '1', ''), 'group'],
    ['fronter', type('FronterStructure1.0', '4', ''), 'course'],
    ['banner', type('Luminis', '1', 'CourseSection'), 'course'],
    ['banner', type('Luminis', '1', 'Department'), 'group'],
    ['sits', undefined, 'course'],
    ['sits', type('MAV', '1', '1'), 'course'],
    ['colleague', undefined, 'course'],
    ['itslearning-germany', type('x', '1', 'Schule'), 'school'],
    ['itslearning-germany', type('', '3', 'COURSE'), 'course'],
  ]
  for (const [preset, said, kind] of KINDS) {
    const what = said === undefined ? 'no type' : `${said.scheme}|${said.level}|${said.value}`
    test(`under ${preset} a group of type ${what} is a ${kind}`, () => {
      const reading = rules(`extends: ${preset}`).group(
        group({ types: said ? [said] : [] }),
        'full',
      )
      assert.equal(taken(reading).record.kind, kind)
    })
  }

  test('a term is counted and not taken, under every preset, with a notice', () => {
    const reading = rules().group(
      group({ types: [type('Luminis', '1', 'Term')], place: 9 }),
      'full',
    )
    assert.deepEqual(reading, {
      outcome: 'notTaken',
      key: 'k1',
      problems: [{ code: 'TERM_NOT_TAKEN', place: 9, kind: 'group', key: 'k1' }],
    })
  })

  test('rules may go by the key, and name year nodes and mentor groups', () => {
    const text = 'groupKinds: [{ key: "ÅR-*", kind: year }, { key: "*-M", kind: mentorGroup }]'
    const kindOf = (key: string): string =>
      taken(rules(text).group(group({ sourcedIds: [id(key)] }), 'full')).record.kind
    assert.deepEqual(['år-2025', '7A-M', '7A'].map(kindOf), ['year', 'mentorGroup', 'group'])
  })

  test('scheme, level and value must fit the same type of a group that has several', () => {
    const types = [type('a', '1', 'x'), type('b', '2', 'y')]
    const kindOf = (text: string): string =>
      taken(rules(text).group(group({ types }), 'full')).record.kind
    assert.equal(kindOf('groupKinds: [{ scheme: a, value: y, kind: course }]'), 'group')
    assert.equal(kindOf('groupKinds: [{ scheme: b, value: y, kind: course }]'), 'course')
  })

  test('the type that decided is shown, the others are extension data', () => {
    const types = [type('a', '1', 'x'), type('b', '2', 'course')]
    const { record } = taken(rules().group(group({ types }), 'full'))
    assert.deepEqual(
      [record.fields.scheme, record.fields.level, record.fields.type],
      ['b', '2', 'course'],
    )
    assert.deepEqual(record.extension, [
      '<grouptype><scheme>a</scheme><typevalue level="1">x</typevalue></grouptype>',
    ])
  })
})

describe('what is taken', () => {
  const course = { types: [type('', '2', 'COURSE')] }

  test('kinds of records, kinds of groups, and groups by type or key can be left out', () => {
    assert.equal(outcome('take: { kinds: [person] }'), 'notTaken')
    assert.equal(outcome('take: { groupKinds: [course] }'), 'notTaken')
    assert.equal(outcome('take: { groupKinds: [course] }', course), 'taken')
    assert.equal(outcome('take: { onlyGroups: [{ value: course }] }'), 'notTaken')
    assert.equal(outcome('take: { onlyGroups: [{ value: course }] }', course), 'taken')
    assert.equal(outcome('take: { exceptGroups: [{ key: "k*" }] }'), 'notTaken')
    assert.equal(outcome('groupKinds: [{ value: COURSE, kind: none }]', course), 'notTaken')
  })

  test('a message that removes a group need not say its type', () => {
    const reading = rules('take: { groupKinds: [course] }').group(group({ recstatus: 3 }), 'event')
    assert.equal(taken(reading).deleted, true)
  })

  test('recstatus 3 in a full file has no effect', () => {
    assert.equal(taken(rules().group(group({ recstatus: 3 }), 'full')).deleted, false)
  })
})

describe('fields', () => {
  test('the title is the short description, else the long one, else the key', () => {
    assert.equal(fieldsOf({ short: 'A', long: 'B' }).title, 'A')
    const without = { short: undefined } as unknown as ImsGroup
    assert.equal(fieldsOf({ ...without, long: 'B' }).title, 'B')
    assert.equal(fieldsOf(without).title, 'k1')
  })

  test('dates are calendar dates; a frame that ends before it begins is kept with a warning', () => {
    const reading = rules().group(
      group({ timeframe: { begin: '2012-12-18', end: '18.10.2012' } }),
      'full',
    )
    const { begin, end } = taken(reading).record.fields
    assert.deepEqual([begin, end], ['2012-12-18', '2012-10-18'])
    assert.deepEqual(codesOf(reading), ['TIMEFRAME_REVERSED'])
    assert.deepEqual(codesOf(rules().group(group({ timeframe: { begin: 'H2010' } }), 'full')), [
      'DATE_UNREADABLE',
    ])
  })

  test('links name keys, their words and further units are extension data', () => {
    const { record } = taken(
      rules('syncKey: source+id').group(
        group({
          links: [
            { relation: 2, label: 'Root', sourcedId: id('r') },
            { relation: 1, label: '0', sourcedId: id('s') },
          ],
          orgUnits: ['Faculty', 'Department'],
        }),
        'full',
      ),
    )
    assert.deepEqual(record.links, [
      { relation: 2, key: 'sis/r' },
      { relation: 1, key: 'sis/s' },
    ])
    assert.equal(record.fields.orgUnit, 'Faculty')
    assert.deepEqual(record.extension, [
      '<orgunit>Department</orgunit>',
      '<relationship relation="2"><label>Root</label></relationship>',
    ])
  })

  test('fields that the source does not own are left out, never the title', () => {
    assert.deepEqual(
      fieldsOf({ email: 'a@sk.example', long: 'L' }, 'ownedFields: { group: [long] }'),
      {
        title: 'A1',
        long: 'L',
      },
    )
  })
})

describe('course', () => {
  const course = { types: [type('', '2', 'COURSE')], sourcedIds: [id('NO-1:MAT:7A')] }
  const read = (
    said: Partial<ImsGroup>,
    text = '',
  ): readonly [string | undefined, string | undefined] => {
    const { courseTitle, courseCode } = fieldsOf({ ...course, ...said }, text)
    return [courseTitle, courseCode]
  }

  test('title and code come from the extension; a title that the group has anyway is not repeated', () => {
    assert.deepEqual(read({ courseTitle: 'Maths', courseCode: 'M1' }), ['Maths', 'M1'])
    assert.deepEqual(read({ courseTitle: 'A1' }), [undefined, undefined])
    assert.deepEqual(read({}), [undefined, undefined])
  })

  test('rules say where else to look, and which part of it is meant', () => {
    const text = 'course: { title: [extension, long], code: [{ from: key, pattern: "*:{}:*" }] }'
    assert.deepEqual(read({ long: 'Mathematics' }, text), ['Mathematics', 'MAT'])
    assert.deepEqual(read({ courseTitle: 'Maths', long: 'Mathematics' }, text), ['Maths', 'MAT'])
    assert.deepEqual(read({ sourcedIds: [id('MAT')] }, text), [undefined, undefined])
  })

  test('a group that is no course keeps what its extension says of one', () => {
    assert.deepEqual(read({ types: [], courseCode: 'M1', long: 'L' }, 'course: { code: [key] }'), [
      undefined,
      'M1',
    ])
  })
})

describe('access rights', () => {
  const room = group({ types: [type('FronterStructure1.0', '4', '')] })

  test('a structure whose roles are access rights is warned of, unless a preset reads them as such', () => {
    assert.deepEqual(codesOf(rules().group(room, 'full')), ['ACCESS_ROLES'])
    assert.deepEqual(codesOf(rules('extends: fronter').group(room, 'full')), [])
  })
})
