import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import type { ImsGroup, ImsMembership, ImsPerson } from '../../src/ims/records.ts'
import { RecordReader } from '../../src/ims/scan.ts'
import { memorySource } from '../../src/ims/source.ts'
import { rankOf } from '../../src/rules/pattern.ts'
import { abcText, groupId, personId, unit, type AbcSpec } from '../import/abc-deliveries.ts'
import { gather, type Gathered } from './gather.ts'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

function read(
  spec: AbcSpec,
  { keyTypes = [], ...options }: { keyTypes?: string[]; windowBytes?: number } = {},
): Gathered {
  const abc = { keyRank: rankOf(keyTypes), usesRelationTypes: true }
  return gather(latin1(abcText(spec)), { abc, ...options })
}

const personsOf = ({ records }: Gathered): ImsPerson[] =>
  records.filter((record) => record.kind === 'person')
const groupsOf = ({ records }: Gathered): ImsGroup[] =>
  records.filter((record) => record.kind === 'group')
const listsOf = ({ records }: Gathered): ImsMembership[] =>
  records.filter((record) => record.kind === 'membership')
const groupNamed = (of: Gathered, key: string): ImsGroup => {
  const found = groupsOf(of).find(({ sourcedIds }) => sourcedIds[0]?.id === key)
  assert.ok(found, key)
  return found
}
/** What is wrong, wherever it stands. */
const codesOf = ({ problems, records, properties }: Gathered): string[] =>
  [
    ...properties.flatMap((each) => each.problems),
    ...records.flatMap((each) => each.problems),
    ...problems,
  ]
    .map(({ code }) => code)
    .toSorted()

function person(more: string, ids = [['NO_BIRTHNO', '1']] as const): ImsPerson {
  const [found] = personsOf(read({ persons: [{ ids, more }] }))
  assert.ok(found)
  return found
}

describe('the frame of ABC-Enterprise', () => {
  test('is known by its root, and in ISO-8859-1 where it says nothing', () => {
    const { frames, properties, end } = read({ units: [{ id: '1', name: 'Språk' }] })
    assert.equal(end.problem, undefined)
    assert.deepEqual(
      [frames.length, frames[0]?.dialect, frames[0]?.encoding],
      [1, 'abc-enterprise', 'iso-8859-1'],
    )
    const { datasource, datetime, targets, type } = properties[0] ?? {}
    assert.deepEqual(
      [datasource, datetime, targets, type],
      ['cerebrum', '2026-09-01T02:00:00', ['rollcall'], undefined],
    )
  })

  const text = abcText({ units: [{ id: '1', name: 'Språk' }] })
  const declared = (encoding: string): string =>
    text.replace('"1.0"', `"1.0" encoding="${encoding}"`)
  const cases = [
    ['nothing, in ISO-8859-1', latin1(text), 'iso-8859-1', []],
    ['nothing, all ASCII', latin1(text.replaceAll(/[^\x20-\x7f\n]/g, 'o')), 'iso-8859-1', []],
    ['nothing, no declaration', latin1(text.replace(/^<\?.*\n/, '')), 'iso-8859-1', []],
    ['nothing, in UTF-8 throughout', Buffer.from(text), 'utf-8', ['ENCODING_IS_UTF8']],
    ['nothing, with a byte order mark', Buffer.from(`\ufeff${text}`), 'utf-8', []],
    ['iso8859-1', latin1(declared('iso8859-1')), 'iso-8859-1', []],
    ['UTF-8', Buffer.from(declared('UTF-8')), 'utf-8', []],
  ] as const
  for (const [name, bytes, encoding, problems] of cases) {
    test(`says ${name}`, () => {
      const found = gather(bytes)
      assert.equal(found.frames.at(-1)?.encoding, encoding)
      assert.deepEqual(
        found.frames.at(-1)?.problems.map(({ code }) => code),
        problems,
      )
      const title = name.includes('ASCII') ? 'Sprok' : 'Språk'
      assert.equal(groupNamed(found, '1').short, title)
    })
  }

  test('a document of another kind is none', () => {
    const { end } = gather('<document xmlns="urn:other"/>')
    assert.equal(end.problem?.code, 'DIALECT_UNKNOWN')
    assert.equal(gather('<document>').end.problem?.expected, '</document>')
  })
})

describe('organisation and units', () => {
  const found = read({
    units: [
      { id: '10', more: '<contactinfo contacttype="x">a@b.example</contactinfo>' },
      { id: '11', parent: '10', more: '<ouname ounametype="name" lang="en">Eleven</ouname>' },
      { id: '12', parent: '12' },
      { id: '13', more: '<ou><ouid ouidtype="sko">14</ouid><tag tagtype="t">x</tag></ou>' },
    ],
  })

  test('are groups in a tree, with levels', () => {
    const tree = groupsOf(found).map(({ sourcedIds, types, links }) => [
      sourcedIds[0]?.id,
      types[0]?.scheme,
      types[0]?.level,
      links.map(({ relation, sourcedId }) => `${relation} ${sourcedId.id}`).join(),
    ])
    assert.deepEqual(tree, [
      ['201', 'organization', '', ''],
      ['10', 'ou', '1', '1 201'],
      ['11', 'ou', '2', '1 10'],
      ['12', 'ou', '1', '1 201'],
      ['13', 'ou', '1', '1 201'],
      ['14', 'ou', '2', '1 13'],
    ])
  })

  test('keep what the roster has no field for', () => {
    assert.deepEqual(groupNamed(found, '201').extension, ['<realm>sorfjell.example</realm>'])
    assert.deepEqual(groupNamed(found, '11').extension, [
      '<ouname lang="en" ounametype="name">Eleven</ouname>',
    ])
    assert.deepEqual(groupNamed(found, '10').contacts, [{ type: 'x', value: 'a@b.example' }])
    assert.deepEqual(groupNamed(found, '14').extension, ['<tag tagtype="t">x</tag>'])
    assert.equal(groupNamed(found, '14').short, '14')
  })

  test('each stand where they stand in the file', () => {
    const text = latin1(abcText({ units: [{ id: '10' }, { id: '11' }] }))
    const { sourcedIds, place, length } = groupNamed(gather(text), '11')
    const element = text.toString('latin1', place, place + length)
    assert.ok(
      element.startsWith('<ou><ouid') && element.endsWith('</ou>') && element.includes('>11<'),
    )
    assert.equal(sourcedIds[0]?.source, 'sko')
  })

  test('that cannot be read leave the others alone', () => {
    const text = abcText({ units: [{ id: '10', name: 'bad \u0001' }, { id: '11' }, { id: '' }] })
    const utf8 = Buffer.from(text.replace('"1.0"', '"1.0" encoding="UTF-8"'))
    const broken = Buffer.from(utf8.map((byte) => (byte === 1 ? 0xff : byte)))
    const partly = gather(broken)
    assert.deepEqual(
      groupsOf(partly).map(({ sourcedIds }) => sourcedIds[0]?.id),
      ['201', '11'],
    )
    assert.deepEqual(
      partly.problems.map(({ code, key }) => [code, key]),
      [
        ['BYTES_UNREADABLE', '10'],
        ['KEY_MISSING', undefined],
      ],
    )
  })
})

describe('persons', () => {
  test('have names, birth date, gender, address and contacts', () => {
    const found = person(
      `<birthdate>1990-02-11</birthdate><gender>Kvinne</gender>
       <address addresstype="home"><street>Stien 1</street><postcode>0001</postcode><city>By</city><country>NO</country></address>
       <address addresstype="work"><street>Veien 2</street></address>
       <contactinfo contacttype="primary account">mild</contactinfo><tag tagtype="t">x</tag>`,
    )
    const { fn, family, given, bday, gender, street, pcode, locality, country, contacts } = found
    assert.deepEqual(
      [fn, family, given, bday, gender],
      ['Mild Bark', 'Bark', 'Mild', '1990-02-11', '1'],
    )
    assert.deepEqual([street, pcode, locality, country], ['Stien 1', '0001', 'By', 'NO'])
    assert.deepEqual(contacts, [{ type: 'primary account', value: 'mild' }])
    assert.deepEqual(found.extension, [
      '<address addresstype="work"><street>Veien 2</street></address>',
      '<tag tagtype="t">x</tag>',
    ])
  })

  for (const [written, read_] of [
    ['1990-02-11', '1990-02-11'],
    ['110290', '1990-02-11'],
    ['110215', '2015-02-11'],
    ['110221', '2021-02-11'],
    ['110222', '1922-02-11'],
    ['soon', 'soon'],
  ] as const) {
    test(`born ${written} is ${read_} in 2026`, () => {
      const { bday, problems } = person(`<birthdate>${written}</birthdate>`)
      assert.equal(bday, read_)
      const codes = problems.map(({ code }) => code)
      assert.equal(codes.includes('YEAR_IN_TWO_DIGITS'), /^\d{6}$/.test(written))
    })
  }

  test('whose gender is a number are left without one: two standards count the other way round', () => {
    const { gender, problems } = person('<gender>1</gender>')
    assert.equal(gender, undefined)
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['VALUE_UNKNOWN'],
    )
  })

  test('are known by the type of id that rules name, else by the one declared first, whatever the order', () => {
    const ids = [
      ['NO_STUDNO', '4001'],
      ['NO_BIRTHNO', '1'],
    ] as const
    const keyOf = (keyTypes: string[], written: (typeof ids)[number][]): unknown => {
      const [found] = personsOf(read({ persons: [{ ids: written }] }, { keyTypes }))
      return found?.sourcedIds[0]
    }
    for (const written of [[...ids], ids.toReversed()]) {
      assert.deepEqual(keyOf([], written), { source: 'NO_BIRTHNO', id: '1' })
      assert.deepEqual(keyOf(['NO_STUD*'], written), { source: 'NO_STUDNO', id: '4001' })
      assert.deepEqual(keyOf(['none', 'NO_BIRTHNO'], written), { source: 'NO_BIRTHNO', id: '1' })
    }
    const [both] = personsOf(read({ persons: [{ ids }] }))
    assert.deepEqual(both?.userIds, [
      { value: '4001', type: 'NO_STUDNO' },
      { value: '1', type: 'NO_BIRTHNO' },
    ])
  })

  test('carry no password', () => {
    const found = person(
      '<contactinfo contacttype="password">a</contactinfo><tag tagtype="Passwd">b</tag>',
    )
    assert.deepEqual([found.contacts, found.extension], [undefined, []])
    assert.ok(found.problems.some(({ code }) => code === 'PASSWORD_DROPPED'))
  })

  test('without an id are a problem', () => {
    const { problems } = read({ persons: [{ ids: [] }] })
    assert.deepEqual(
      problems.map(({ code, kind }) => [code, kind]),
      [['KEY_MISSING', 'person']],
    )
  })
})

describe('relations', () => {
  const persons = ['1', '2'].map((id) => ({
    ids: [
      ['NO_BIRTHNO', id],
      ['NO_STUDNO', `40${id}`],
    ] as const,
  }))
  const groups = ['a', 'b'].map((id) => ({ type: 'uegroup', id }))
  const units = [{ id: '10' }, { id: '11' }]
  const related = (
    type: string,
    subject: string,
    objects: readonly string[],
    options = {},
  ): Gathered => read({ persons, groups, units, relations: [{ type, subject, objects }] }, options)
  const linksOf = (found: Gathered, key: string): string[] =>
    groupNamed(found, key).links.map(({ relation, label, sourcedId }) =>
      `${relation} ${sourcedId.id} ${label}`.trim(),
    )

  test('of a group to persons are its members, with the type as role', () => {
    const found = related('ue-people', groupId('a', 'uegroup'), [
      personId('1'),
      personId('402', 'NO_STUDNO'),
    ])
    const [list] = listsOf(found)
    assert.equal(list?.sourcedIds[0]?.id, 'a')
    assert.deepEqual(
      list.members.map(({ sourcedId, idtype, roles }) => [
        sourcedId.id,
        idtype,
        roles[0]?.roleType,
      ]),
      [
        ['1', 1, 'ue-people'],
        ['2', 1, 'ue-people'],
      ],
    )
    assert.deepEqual(codesOf(found), [])
    assert.deepEqual(
      personsOf(found).map(({ relationTypes }) => relationTypes),
      [['ue-people'], ['ue-people']],
    )
  })

  test('of a unit to persons are members of the unit, however it is written', () => {
    for (const subject of [
      unit('10'),
      '<ouid ouidtype="sko">10</ouid>',
      '<ou><ouid ouidtype="sko">10</ouid></ou>',
    ]) {
      const [list] = listsOf(related('Student, aktiv (5:7)', subject, [personId('1')]))
      assert.deepEqual([list?.sourcedIds[0]?.id, list?.members.length], ['10', 1])
    }
    const org = '<org><orgid orgidtype="institusjonsnummer">201</orgid></org>'
    assert.equal(listsOf(related('x', org, [personId('1')]))[0]?.sourcedIds[0]?.id, '201')
  })

  test('between a unit and a group say where the group hangs, whichever is the subject', () => {
    const down = related('ue-ou', unit('10'), [groupId('a', 'uegroup'), groupId('b', 'uegroup')])
    assert.deepEqual([linksOf(down, 'a'), linksOf(down, 'b')], [['1 10 ue-ou'], ['1 10 ue-ou']])
    const up = related('ue-ou', groupId('a', 'uegroup'), [unit('10')])
    assert.deepEqual(linksOf(up, 'a'), ['1 10 ue-ou'])
    for (const found of [down, up]) assert.deepEqual(listsOf(found), [])
    const units_ = related('part of', unit('10'), [unit('11')])
    assert.deepEqual(linksOf(units_, '11'), ['1 201', '1 10 part of'])
  })

  test('of a group to groups are groups as members', () => {
    const [list] = listsOf(related('has', groupId('a', 'uegroup'), [groupId('b', 'uegroup')]))
    assert.deepEqual(
      list?.members.map(({ sourcedId, idtype }) => [sourcedId.id, idtype]),
      [['b', 2]],
    )
  })

  test('between persons are named and not read', () => {
    const found = related('friend', personId('1'), [personId('2')])
    assert.deepEqual(
      [listsOf(found), codesOf(found)],
      [[], ['RELATION_NOT_READ', 'TYPE_UNDECLARED']],
    )
  })

  test('without one subject, or with two, are set aside with the groups that they name', () => {
    for (const subject of ['', groupId('a', 'uegroup') + unit('10')]) {
      const found = related('ue-ou', subject, [groupId('b', 'uegroup')])
      assert.deepEqual(
        found.problems.map(({ code, kind, key }) => [code, kind, key]),
        [
          ['SUBJECT_UNCLEAR', 'group', 'b'],
          ['SUBJECT_UNCLEAR', 'membership', undefined],
        ],
      )
    }
  })

  test('with nobody are an empty list; without a type a learner', () => {
    const empty = related('ue-people', groupId('a', 'uegroup'), [])
    assert.deepEqual(listsOf(empty)[0]?.members, [])
    const untyped = related('', groupId('a', 'uegroup'), [personId('1')])
    assert.equal(listsOf(untyped)[0]?.members[0]?.roles[0]?.roleType, '')
    assert.ok(codesOf(untyped).includes('ROLETYPE_MISSING'))
  })

  test('may stand before everything that they name, and be read in any window', () => {
    const spec = {
      persons,
      groups,
      units,
      relations: [{ type: 'ue-ou', subject: unit('10'), objects: [groupId('a', 'uegroup')] }],
    }
    const text = abcText(spec)
    const relation = /<relation .*<\/relation>\n/.exec(text)?.[0] ?? ''
    const first = text.replace(relation, '').replace('<properties>', `${relation}<properties>`)
    const plain = gather(latin1(text))
    const moved = gather(latin1(first))
    assert.deepEqual(linksOf(moved, 'a'), linksOf(plain, 'a'))
    for (const windowBytes of [1, 50, 333]) {
      const { records, problems } = gather(latin1(text), { windowBytes })
      assert.deepEqual([records, problems], [plain.records, plain.problems])
    }
  })

  test('are read again at their place with the ids as written', () => {
    const text = latin1(
      abcText({
        persons,
        groups,
        relations: [
          {
            type: 'ue-people',
            subject: personId('401', 'NO_STUDNO'),
            objects: [groupId('a', 'uegroup'), groupId('b', 'uegroup')],
          },
        ],
      }),
    )
    const found = gather(text)
    const [list] = listsOf(found)
    assert.ok(found.frames[0] && list)
    const reader = new RecordReader(
      memorySource(text),
      found.frames[0],
      found.properties[0],
      DEFAULT_READ_LIMITS,
    )
    const again = reader.membership(list.place, list.length)
    assert.deepEqual(
      again.members.map(({ place, sourcedId }) => [place, sourcedId.id]),
      listsOf(found).map(({ members }) => [members[0]?.place, '401']),
    )
  })
})

describe('vocabularies', () => {
  const undeclared = (spec: AbcSpec): string[] => {
    const { records } = read(spec)
    return records.flatMap(({ problems }) =>
      problems.filter(({ code }) => code === 'TYPE_UNDECLARED').map(({ found }) => found ?? ''),
    )
  }

  test('are those that the file declares: any other type is named, once a record, and kept', () => {
    assert.deepEqual(
      undeclared({
        persons: [
          {
            ids: [
              ['SSN', '1'],
              ['SSN2', '2'],
            ],
          },
        ],
      }),
      ['SSN'],
    )
    const more = '<contactinfo contacttype="pager">1</contactinfo>'
    assert.deepEqual(undeclared({ persons: [{ ids: [['NO_BIRTHNO', '1']], more }] }), ['pager'])
    assert.deepEqual(undeclared({ groups: [{ type: 'klasse', id: '1' }] }), ['klasse'])
    const part = '<name><n><partname partnametype="nick">x</partname></n></name>'
    assert.deepEqual(undeclared({ persons: [{ ids: [['NO_BIRTHNO', '1']], more: part }] }), [
      'nick',
    ])
  })

  test('count for what they were declared', () => {
    const declared = '<tagtype subject="group">t</tagtype>'
    const more = '<tag tagtype="t">x</tag>'
    const of = (types: string): string[] =>
      undeclared({
        types,
        persons: [{ ids: [['NO_BIRTHNO', '1']], more }],
        groups: [{ type: 'uegroup', id: '1', more }],
      })
    assert.deepEqual(of(declared), ['t'])
    assert.deepEqual(of('<tagtype>t</tagtype>'), [])
    const wrongWay = { type: 'ue-people', subject: unit('10'), objects: [personId('1')] }
    assert.deepEqual(undeclared({ relations: [wrongWay] }), ['ue-people'])
  })

  test('of a file that declares nothing are missed once', () => {
    const text = abcText({ persons: [{ ids: [['A', '1']] }, { ids: [['A', '2']] }] })
    const bare = text.replace(/<types>[^]*<\/types>/, '')
    assert.deepEqual(codesOf(gather(latin1(bare))), ['TYPE_UNDECLARED'])
  })
})
