import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { readPerson } from '../../src/ims/read-person.ts'
import { codes, DATASOURCE, id, person, problemOf, readBytes } from './reading-records.ts'

const NAME = '<name><fn>Kari Elev</fn></name>'

function extended(extension: string) {
  return person(`${id('p1')}${NAME}<extension>${extension}</extension>`)
}

function latin1Person(key: string, name: string): Buffer {
  return Buffer.from(`<person>${id(key)}<name><fn>${name}</fn></name></person>`, 'latin1')
}

test('every element of a person that has a field is read into it', () => {
  const xml =
    `<person recstatus="2"><comments lang="no">x</comments>${id('p1')}` +
    '<userid useridtype="personNIN">10915596784</userid><userid useridtype="username" authenticationtype="ldap">kari</userid>' +
    '<name><fn>Kari Elev</fn><sort>Elev, Kari</sort><nickname>Kaja</nickname>' +
    '<n><family>Elev</family><given>Kari</given><other>Anne</other><other>Lie</other><prefix>Dr</prefix><suffix>jr</suffix></n></name>' +
    '<demographics><gender>1</gender><bday>2010-04-05</bday></demographics>' +
    '<email>k@eksempel.no</email><url>https://eksempel.no/k</url>' +
    '<tel>+4722000001</tel><tel teltype="2">+4722000002</tel><tel teltype="Mobile">+4790000003</tel><tel teltype="4">+4722000004</tel>' +
    '<adr><pobox>1</pobox><extadd>H0101</extadd><street>Gate 1</street><street>Oppgang B</street><locality>By</locality><region>R</region><pcode>0123</pcode><country>NO</country></adr>' +
    '<photo><extref>https://eksempel.no/k.jpg</extref></photo><systemrole systemroletype="User"/>' +
    '<institutionrole primaryrole="Yes" institutionroletype="Student"/></person>'
  assert.deepEqual(readBytes(readPerson, Buffer.from(xml)), {
    kind: 'person',
    place: 0,
    length: xml.length,
    recstatus: 2,
    sourcedIds: [{ source: DATASOURCE, id: 'p1' }],
    userIds: [
      { value: '10915596784', type: 'personNIN' },
      { value: 'kari', type: 'username', authenticationType: 'ldap' },
    ],
    tels: [
      { value: '+4722000001', type: 1 },
      { value: '+4722000002', type: 2 },
      { value: '+4790000003', type: 3 },
      { value: '+4722000004', type: 4 },
    ],
    institutionRoles: [{ type: 'Student', primary: true }],
    fn: 'Kari Elev',
    sort: 'Elev, Kari',
    nickname: 'Kaja',
    family: 'Elev',
    given: 'Kari',
    other: 'Anne Lie',
    prefix: 'Dr',
    suffix: 'jr',
    gender: '1',
    bday: '2010-04-05',
    email: 'k@eksempel.no',
    url: 'https://eksempel.no/k',
    pobox: '1',
    extadd: 'H0101',
    street: 'Gate 1\nOppgang B',
    locality: 'By',
    region: 'R',
    pcode: '0123',
    country: 'NO',
    photo: 'https://eksempel.no/k.jpg',
    systemRole: 'User',
    relationships: [],
    statuses: [],
    private: false,
    extension: [],
    problems: [],
  })
})

test('what the dialect knows and the roster has no field for is kept as pieces', () => {
  const read = person(
    `${id('p1')}<name><fn>Kari Elev</fn><n><partname partnametype="Maiden">Lie</partname></n></name>` +
      '<demographics><disability>x</disability></demographics>' +
      '<photo imgtype="image/jpeg"><extref>k.jpg</extref></photo><datasource>sub</datasource>',
  )
  assert.deepEqual(read.extension, [
    '<datasource>sub</datasource>',
    '<disability>x</disability>',
    '<partname partnametype="Maiden">Lie</partname>',
    '<photo imgtype="image/jpeg"/>',
  ])
  assert.deepEqual(codes(read), [])
})

test('an element that may stand once counts the first time and is kept the second', () => {
  const read = person(`${id('p1')}${NAME}<email>a@b.no</email><email>c@d.no</email>`)
  assert.equal(read.email, 'a@b.no')
  assert.deepEqual(read.extension, ['<email>c@d.no</email>'])
  assert.deepEqual(codes(read), ['ELEMENT_REPEATED'])
})

test('an empty element is the same as an absent one', () => {
  const read = person(
    `${id('p1')}${NAME}<email/><url> </url><tel/><adr><street/></adr><photo/><institutionrole primaryrole="Yes" institutionroletype=""/>`,
  )
  assert.deepEqual(
    Object.keys(read).filter((key) => ['email', 'url', 'street', 'photo'].includes(key)),
    [],
  )
  assert.deepEqual(read.tels, [])
  assert.deepEqual(read.institutionRoles, [])
})

test('the current id stands first, wherever the old one stood', () => {
  const old = id('old', ' sourcedidtype="OLD"')
  const current = id('new', ' sourcedidtype="New"')
  for (const ids of [old + current, current + old]) {
    assert.deepEqual(person(ids + NAME).sourcedIds, [
      { source: DATASOURCE, id: 'new', type: 'New' },
      { source: DATASOURCE, id: 'old', type: 'Old' },
    ])
  }
  const duplicate = id('other', ' sourcedidtype="Duplicate"') + id('p1')
  assert.equal(person(duplicate + NAME).sourcedIds[0]?.id, 'p1')
})

test('guardians are read from relationships of the carrying person, each once', () => {
  const to = `<sourcedid><source>s</source><id>c1</id></sourcedid>`
  const read = extended(
    `<relationship><relationshiptype>Parent</relationshiptype>${to}${to}</relationship>` +
      `<relationship><relationshiptype>parent</relationshiptype>${to}</relationship>` +
      '<relationship relation="Child"><sourcedid><id>m1</id></sourcedid></relationship>',
  )
  assert.deepEqual(read.relationships, [
    { form: 'relationship', word: 'parent', sourcedId: { source: 's', id: 'c1' } },
    { form: 'relationship', word: 'child', sourcedId: { source: DATASOURCE, id: 'm1' } },
  ])
  assert.deepEqual(codes(read), ['SOURCE_MISSING'])
  assert.deepEqual(read.extension, [])
})

test('contact persons of PIFU name the other person', () => {
  const read = extended(
    `<pifu_hasContactPerson type="nextOfKin">${id('m1')}</pifu_hasContactPerson>` +
      `<pifu_hasContactPerson type="guardian">${id('m2')}</pifu_hasContactPerson>`,
  )
  assert.deepEqual(read.relationships, [
    { form: 'contact', word: 'nextofkin', sourcedId: { source: DATASOURCE, id: 'm1' } },
    { form: 'contact', word: 'guardian', sourcedId: { source: DATASOURCE, id: 'm2' } },
  ])
})

test('a relation that names nobody is kept as a piece, with a warning', () => {
  for (const piece of [
    '<relationship><relationshiptype>parent</relationshiptype></relationship>',
    '<pifu_hasContactPerson><sourcedid><id>m1</id></sourcedid></pifu_hasContactPerson>',
  ]) {
    const read = extended(piece)
    assert.deepEqual(read.relationships, [])
    assert.deepEqual(read.extension, [piece])
    assert.deepEqual(codes(read), ['RELATION_INCOMPLETE'])
  }
})

test('status and preferred language of PIFU are fields', () => {
  const read = extended(
    '<pifu_status type="activeInactive">aktiv</pifu_status><pifu_status type="pupilStatus">voksen</pifu_status>' +
      '<pifu_preferredLanguage source="ISO 639-1">nn</pifu_preferredLanguage>' +
      '<pifu_nativeTongue source="ISO 639-2">smj</pifu_nativeTongue>',
  )
  assert.deepEqual(read.statuses, ['aktiv', 'voksen'])
  assert.equal(read.preferredLanguage, 'nn')
  assert.deepEqual(read.extension, [
    '<pifu_nativeTongue source="ISO 639-2">smj</pifu_nativeTongue>',
  ])
})

test('a person of whom anything must not be shown or passed on is private', () => {
  const flags = [
    ['<pifu_doNotShowObject>1</pifu_doNotShowObject>', true],
    ['<pifu_doNotDistributeObject>1</pifu_doNotDistributeObject>', true],
    ['<pifu_doNotShowAttribute>personMobilePrivate</pifu_doNotShowAttribute>', true],
    ['<pifu_doNotDistributeAttribute>specialNeed</pifu_doNotDistributeAttribute>', true],
    ['<pifu_doNotShowObject>0</pifu_doNotShowObject>', false],
    ['', false],
  ] as const
  for (const [flag, isPrivate] of flags) {
    const read = extended(`<pifu_privacy>${flag}</pifu_privacy>`)
    assert.equal(read.private, isPrivate, flag)
    assert.equal(read.extension.length, 1)
  }
})

test('pieces lose comments, blanks between elements, prefixes and namespaces, and keep their text', () => {
  const read = extended(
    '<x:b xmlns:x="urn:x" z="2" x:a="1 &lt; 2" xml:lang="no">\n  <!-- c -->\n  <x:c> &amp; <![CDATA[<]]> </x:c>\n  <x:D/>\n</x:b>',
  )
  assert.deepEqual(read.extension, ['<b a="1 &lt; 2" lang="no" z="2"><c>&amp; &lt;</c><D/></b>'])
})

test('pieces are sorted, so that their order in the file says nothing', () => {
  assert.deepEqual(extended('<b/><a/>').extension, extended('<a/><b/>').extension)
})

test('values outside a vocabulary are left out with a warning', () => {
  const gender = person(`${id('p1')}${NAME}<demographics><gender>7</gender></demographics>`)
  assert.equal(gender.gender, undefined)
  assert.deepEqual(codes(gender), ['VALUE_UNKNOWN'])
  const tel = person(`${id('p1')}${NAME}<tel teltype="Satellite">1</tel>`)
  assert.deepEqual(tel.tels, [])
  assert.deepEqual(tel.extension, ['<tel teltype="Satellite">1</tel>'])
  assert.deepEqual(codes(tel), ['VALUE_UNKNOWN'])
})

test('a person to be deleted needs no name', () => {
  assert.equal(person(id('p1'), ' recstatus="3"').fn, undefined)
})

test('a person whose bytes are no text is set aside, under the key where that can be read', () => {
  const problem = { code: 'BYTES_UNREADABLE', place: 0, kind: 'person' }
  assert.deepEqual(readBytes(readPerson, latin1Person('p1', 'P\u00E5l')), { ...problem, key: 'p1' })
  assert.deepEqual(readBytes(readPerson, latin1Person('\u00E5', 'Per')), problem)
})

test('a person with a key longer than the limit is set aside', () => {
  const limits = { ...DEFAULT_READ_LIMITS, keyCharactersMax: 256 }
  assert.equal(problemOf(`<person>${id('x'.repeat(257))}</person>`, limits).code, 'KEY_TOO_LONG')
  assert.equal(person(id('x'.repeat(256)) + NAME).sourcedIds[0]?.id.length, 256)
})

test('a window that ends anywhere inside a person asks for more', () => {
  const xml = Buffer.from(`<person>${id('p1')}${NAME}<extension><a>1</a></extension></person>`)
  for (let end = '<person>'.length + 1; end < xml.length; end++) {
    assert.equal(readBytes(readPerson, xml.subarray(0, end)), undefined)
  }
})
