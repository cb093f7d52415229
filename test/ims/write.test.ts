import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type {
  ImsGroup,
  ImsMember,
  ImsMembership,
  ImsPerson,
  ImsRole,
  ImsSourcedId,
} from '../../src/ims/records.ts'
import { writeEnterprise, type ImsDocument, type WrittenDialect } from '../../src/ims/write.ts'
import { readDocument } from './reading-records.ts'

/** Text that XML can carry and that reading does not trim. */
const text = fc
  .string({
    unit: fc.constantFrom(...Array.from('abcÅø é&<>"\']0-_𝄞\u00A0\u0085;')),
    minLength: 1,
    maxLength: 12,
  })
  .map((value) => value.trim())
  .filter((value) => value !== '')
const key = text
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

/** Leaves out what is undefined: a record says nothing of what it does not have. */
function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T
}

const sourcedId = fc.record({ source: text, id: key })
const sourcedIds: fc.Arbitrary<readonly ImsSourcedId[]> = fc.oneof(
  sourcedId.map((one) => [one]),
  fc.tuple(sourcedId, sourcedId).map(([a, b]) => [
    { ...a, type: 'New' as const },
    { ...b, type: 'Old' as const },
  ]),
)
const recstatus = optional(fc.constantFrom(1 as const, 2 as const, 3 as const))
const pieces = fc
  .array(
    fc.constantFrom(
      '<a/>',
      '<a b="1 &lt; 2">x &amp; y</a>',
      '<datasource>sub</datasource>',
      '<pifu_email type="personEmailPrivate">k@eksempel.no</pifu_email>',
      '<begin restrict="1"/>',
    ),
    { maxLength: 3 },
  )
  .map((list) => list.sort())
const timeframe = fc
  .record({ begin: optional(text), end: optional(text), adminPeriod: optional(text) })
  .map(compact)
const place = { place: 0, length: 0, problems: [] }

const inBoth = {
  fn: text,
  family: optional(text),
  given: optional(text),
  gender: optional(fc.constantFrom('0', '1', '2')),
  bday: optional(text),
  email: optional(text),
  url: optional(text),
  pobox: optional(text),
  extadd: optional(text),
  street: optional(fc.array(text, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'))),
  locality: optional(text),
  region: optional(text),
  pcode: optional(text),
  country: optional(text),
  photo: optional(text),
  preferredLanguage: optional(text),
}
const only11 = {
  sort: optional(text),
  nickname: optional(text),
  other: optional(text),
  prefix: optional(text),
  suffix: optional(text),
  systemRole: optional(fc.constantFrom('User', 'SysAdmin', 'Chief')),
}
const institutionRoles = fc.array(
  fc.record({ type: fc.constantFrom('Student', 'Staff', 'Carer'), primary: fc.boolean() }),
  { maxLength: 2 },
)

function persons(dialect: WrittenDialect): fc.Arbitrary<ImsPerson> {
  const is11 = dialect === 'ims-1.1'
  return fc
    .record({
      recstatus,
      sourcedIds,
      userIds: fc.array(
        fc
          .record({ value: text, type: optional(text), authenticationType: optional(text) })
          .map(compact),
        { maxLength: 2 },
      ),
      tels: fc.array(fc.record({ value: text, type: fc.constantFrom(1, 2, 3, 4) }), {
        maxLength: 2,
      }),
      institutionRoles: is11 ? institutionRoles : fc.constant([]),
      relationships: fc.uniqueArray(
        fc.oneof(
          fc.record({
            form: fc.constant('relationship' as const),
            word: fc.constantFrom('parent', 'child'),
            sourcedId,
          }),
          fc.record({
            form: fc.constant('contact' as const),
            word: fc.constantFrom('guardian', 'nextofkin'),
            sourcedId,
          }),
        ),
        { maxLength: 2, selector: (one) => JSON.stringify(one) },
      ),
      statuses: fc.uniqueArray(fc.constantFrom('aktiv', 'inaktiv', 'voksen'), { maxLength: 2 }),
      private: fc.boolean(),
      extension: pieces,
      ...inBoth,
      ...(is11 ? only11 : {}),
    })
    .map((fields) => compact({ kind: 'person', ...place, ...fields }) as ImsPerson)
}

function groups(dialect: WrittenDialect): fc.Arbitrary<ImsGroup> {
  const is11 = dialect === 'ims-1.1'
  const both = {
    recstatus,
    sourcedIds,
    types: fc.array(fc.record({ scheme: text, level: text, value: text }), { maxLength: 2 }),
    timeframe,
    links: fc.array(
      fc.record({
        relation: fc.constantFrom(1 as const, 2 as const, 3 as const),
        label: text,
        sourcedId,
      }),
      { maxLength: 2 },
    ),
    short: text,
    long: optional(text),
    full: optional(text),
    email: optional(text),
    url: optional(text),
    orgNumber: optional(text),
    courseTitle: optional(text),
    courseCode: optional(text),
    extension: pieces,
  }
  const org = fc.record({
    orgName: optional(text),
    orgUnits: fc.array(text, { maxLength: 2 }),
    enrollAccept: optional(fc.constantFrom('0', '1')),
    enrollAllowed: optional(fc.constantFrom('0', '1')),
  })
  return fc
    .tuple(fc.record(both), is11 ? org : fc.constant({ orgUnits: [] }))
    .map(([fields, more]) => compact({ kind: 'group', ...place, ...fields, ...more }) as ImsGroup)
}

const role: fc.Arbitrary<ImsRole> = fc
  .record({
    roleType: fc.constantFrom('01', '02', '08', 'Tutor', ''),
    recstatus,
    subrole: optional(text),
    active: fc.boolean(),
    timeframe,
    extension: pieces,
  })
  .map(compact) as fc.Arbitrary<ImsRole>
const member: fc.Arbitrary<ImsMember> = fc.record({
  place: fc.constant(0),
  sourcedId,
  idtype: fc.constantFrom(1 as const, 2 as const),
  roles: fc.array(role, { maxLength: 2 }),
})
const memberships: fc.Arbitrary<ImsMembership> = fc
  .record({
    sourcedIds: sourcedId.map((one) => [one]),
    members: fc.array(member, { maxLength: 3 }),
    type: optional(text),
    extension: pieces,
  })
  .map((fields) => compact({ kind: 'membership', ...place, ...fields }) as ImsMembership)

const properties = fc
  .record({
    lang: optional(text),
    datasource: optional(text),
    targets: fc.array(text, { maxLength: 2 }),
    type: optional(text),
    datetime: optional(text),
  })
  .map(compact) as fc.Arbitrary<ImsDocument['properties']>

function documents(dialect: WrittenDialect) {
  return fc.record({
    properties,
    persons: fc.array(persons(dialect), { maxLength: 3 }),
    groups: fc.array(groups(dialect), { maxLength: 3 }),
    memberships: fc.array(memberships, { maxLength: 3 }),
  })
}

/** Without what depends on where a record stands in its file. */
function placeless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (name, part: unknown) =>
      name === 'place' || name === 'length' || name === 'problems' ? undefined : part,
    ),
  )
}

function written(document: ImsDocument, dialect?: WrittenDialect): string {
  return [...writeEnterprise(document, dialect)].join('')
}

for (const dialect of ['ims-1.1', 'pifu-1.3'] as const) {
  test(`reading what was written as ${dialect} gives the records back`, () => {
    fc.assert(
      fc.property(documents(dialect), (document) => {
        const read = readDocument(written(document, dialect))
        assert.deepEqual(placeless(read.properties), placeless(document.properties))
        assert.deepEqual(placeless(read.persons), placeless(document.persons))
        assert.deepEqual(placeless(read.groups), placeless(document.groups))
        assert.deepEqual(placeless(read.memberships), placeless(document.memberships))
      }),
    )
  })
}

const BARE: ImsDocument = {
  properties: { datasource: 'sas@eksempel.no', targets: [], datetime: '2025-01-15T02:00:03' },
  persons: [],
  groups: [],
  memberships: [],
}

function readPersonOf(content: string): ImsPerson {
  const [person] = readDocument(`<enterprise><person>${content}</person></enterprise>`).persons
  assert.ok(person !== undefined)
  return person
}

test('a file has an XML declaration, a root and properties, and ends with a line end', () => {
  assert.equal(
    written(BARE),
    '<?xml version="1.0" encoding="UTF-8"?>\n<enterprise>\n' +
      '  <properties><datasource>sas@eksempel.no</datasource><datetime>2025-01-15T02:00:03</datetime></properties>\n' +
      '</enterprise>\n',
  )
  assert.match(
    written(BARE, 'pifu-1.3'),
    /<enterprise xmlns="http:\/\/pifu\.no\/xsd\/pifu-ims_sas\/pifu-ims_sas-v1">/,
  )
})

test('what was written follows the order of the standard and departs from nothing', () => {
  const person = readPersonOf(
    '<extension><x/></extension><institutionrole primaryrole="Yes" institutionroletype="Student"/><email>k@eksempel.no</email>' +
      '<name><n><given>Kari</given><family>Elev</family></n><fn>Kari Elev</fn></name><userid>kari</userid>' +
      '<sourcedid><id>p1</id><source>s</source></sourcedid>',
  )
  assert.equal(person.problems.length > 0, true)
  const [again] = readDocument(written({ ...BARE, persons: [person] })).persons
  assert.deepEqual(again?.problems, [])
})

test('characters that XML cannot hold are replaced, line ends and quotation marks survive', () => {
  const name = 'a\u0000b\uD800c\r\nd"\t\'e'
  const person = {
    ...readPersonOf('<sourcedid><source>s</source><id>p1</id></sourcedid>'),
    fn: name,
  }
  const userIds = [{ value: 'kari', type: 'a"b\tc\nd' }]
  const [again] = readDocument(written({ ...BARE, persons: [{ ...person, userIds }] })).persons
  assert.equal(again?.fn, 'a\uFFFDb\uFFFDc\r\nd"\t\'e')
  assert.equal(again?.userIds[0]?.type, 'a"b\tc\nd')
})

test('a person without name and a group without description get the empty elements that are required', () => {
  const xml =
    '<enterprise><person recstatus="3"><sourcedid><source>s</source><id>p1</id></sourcedid></person>' +
    '<group recstatus="3"><sourcedid><source>s</source><id>g1</id></sourcedid></group></enterprise>'
  const read = readDocument(xml)
  const again = written({ ...BARE, persons: read.persons, groups: read.groups })
  assert.match(again, /<name><fn\/><\/name>/)
  assert.match(again, /<description><short\/><\/description>/)
  assert.deepEqual(placeless(readDocument(again).persons), placeless(read.persons))
  assert.deepEqual(placeless(readDocument(again).groups), placeless(read.groups))
})
