import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  codes,
  DATASOURCE,
  group,
  id,
  membership,
  person,
  problemOf,
  properties,
} from './reading-records.ts'

const NAME = '<name><fn>Kari Elev</fn><n><family>Elev</family><given>Kari</given></n></name>'
const ROLE = '<role roletype="01"><status>1</status></role>'
const SHORT = '<description><short>7A</short></description>'

function member(content: string): string {
  return `<member>${id('p1')}${content}</member>`
}

function list(content: string) {
  return membership(id('g1') + content)
}

test('demographics are read when the element is misspelt as in a vendor’s own table', () => {
  const read = person(
    `${id('p1')}${NAME}<demogaphics><gender>1</gender><bday>2010-04-05</bday></demogaphics>`,
  )
  assert.equal(read.gender, '1')
  assert.equal(read.bday, '2010-04-05')
  assert.deepEqual(codes(read), ['ELEMENT_MISSPELT'])
})

test('idtype is read from an attribute of idtype', () => {
  const read = list(member(`<idtype idtype="2"/>${ROLE}`))
  assert.equal(read.members[0]?.idtype, 2)
  assert.deepEqual(codes(read), ['IDTYPE_AS_ATTRIBUTE'])
})

test('roletype is read from a child element of role', () => {
  const read = list(
    member('<idtype>1</idtype><role><roletype>02</roletype><status>1</status></role>'),
  )
  assert.equal(read.members[0]?.roles[0]?.roleType, '02')
  assert.deepEqual(codes(read), ['ROLETYPE_AS_ELEMENT'])
})

test('a roletype of one digit is padded', () => {
  const read = list(member('<idtype>1</idtype><role roletype="2"><status>1</status></role>'))
  assert.equal(read.members[0]?.roles[0]?.roleType, '02')
  assert.deepEqual(codes(read), ['ROLETYPE_NOT_PADDED'])
})

test('a role without roletype is read without one, with a warning', () => {
  const read = list(member('<idtype>1</idtype><role><status>1</status></role>'))
  assert.equal(read.members[0]?.roles[0]?.roleType, '')
  assert.deepEqual(codes(read), ['ROLETYPE_MISSING'])
})

test('a member without idtype is a person, with a warning', () => {
  const read = list(member(ROLE))
  assert.equal(read.members[0]?.idtype, 1)
  assert.deepEqual(codes(read), ['IDTYPE_MISSING'])
})

test('a role without status is active, with a warning', () => {
  const read = list(member('<idtype>1</idtype><role roletype="01"/>'))
  assert.equal(read.members[0]?.roles[0]?.active, true)
  assert.deepEqual(codes(read), ['STATUS_MISSING'])
})

test('a member without role is kept without one, with a warning', () => {
  const read = list(member('<idtype>1</idtype>'))
  assert.deepEqual(read.members[0]?.roles, [])
  assert.deepEqual(codes(read), ['ROLE_MISSING'])
})

test('status 2 is read as inactive, with a warning', () => {
  const read = list(member('<idtype>1</idtype><role roletype="01"><status>2</status></role>'))
  assert.equal(read.members[0]?.roles[0]?.active, false)
  assert.deepEqual(codes(read), ['STATUS_DELETED'])
})

test('recstatus 0 is the same as none', () => {
  const read = person(id('p1') + NAME, ' recstatus="0"')
  assert.equal(read.recstatus, undefined)
  assert.deepEqual(codes(read), ['RECSTATUS_ZERO'])
})

test('blanks around the equals sign of recstatus mean nothing', () => {
  const read = person(id('p1') + NAME, ' recstatus = "3"')
  assert.equal(read.recstatus, 3)
  assert.deepEqual(codes(read), [])
})

test('a userid before the status, an e-mail before the name and an org at the end are read where they stand', () => {
  const role = list(
    member('<idtype>1</idtype><role roletype="01"><userid>kari</userid><status>0</status></role>'),
  )
  assert.equal(role.members[0]?.roles[0]?.active, false)
  assert.deepEqual(role.members[0]?.roles[0]?.extension, ['<userid>kari</userid>'])
  assert.deepEqual(codes(role), ['ORDER_UNUSUAL'])

  const reordered = person(`<userid>kari</userid>${id('p1')}<email>k@eksempel.no</email>${NAME}`)
  assert.equal(reordered.sourcedIds[0]?.id, 'p1')
  assert.equal(reordered.email, 'k@eksempel.no')
  assert.equal(reordered.fn, 'Kari Elev')
  assert.deepEqual(codes(reordered), ['ORDER_UNUSUAL'])

  const late = group(`${id('g1')}${SHORT}<extension/><org><orgunit>Skole</orgunit></org>`)
  assert.deepEqual(late.orgUnits, ['Skole'])
  assert.deepEqual(codes(late), ['ORDER_UNUSUAL'])

  const target = properties(
    '<datasource>a</datasource><datetime>2025-01-15</datetime><target>b</target>',
  )
  assert.deepEqual(target.targets, ['b'])
  assert.deepEqual(codes(target), ['ORDER_UNUSUAL'])
})

test('several extensions of one object are read as one', () => {
  const read = person(
    `${id('p1')}${NAME}<extension><b>2</b></extension><extension><a>1</a></extension>`,
  )
  assert.deepEqual(read.extension, ['<a>1</a>', '<b>2</b>'])
  assert.deepEqual(codes(read), ['EXTENSION_REPEATED'])
})

test('a sourcedid without source has the file’s datasource, with a warning', () => {
  const read = person(`<sourcedid><id>p1</id></sourcedid>${NAME}`)
  assert.deepEqual(read.sourcedIds, [{ source: DATASOURCE, id: 'p1' }])
  assert.deepEqual(codes(read), ['SOURCE_MISSING'])
})

test('blanks around keys and names are cut off', () => {
  const read = person(
    `${id(' 91046433  ')}<name><fn>Kari Elev </fn><n><family> ELEV</family></n></name>`,
  )
  assert.equal(read.sourcedIds[0]?.id, '91046433')
  assert.equal(read.fn, 'Kari Elev')
  assert.equal(read.family, 'ELEV')
  assert.deepEqual(codes(read), ['KEY_WITH_BLANKS'])
})

test('a missing formatted name is made from given and family name, in whatever order they stand', () => {
  const read = person(`${id('p1')}<name><n><given>Kari</given><family>Elev</family></n></name>`)
  assert.equal(read.fn, 'Kari Elev')
  assert.deepEqual(codes(read), ['ORDER_UNUSUAL', 'FN_MISSING'])
})

test('a person without userid, or with an empty one, has none and that is nothing to remark', () => {
  for (const userid of ['', '<userid/>', '<userid></userid>']) {
    const read = person(id('p1') + userid + NAME)
    assert.deepEqual(read.userIds, [])
    assert.deepEqual(codes(read), [])
  }
})

test('a missing or empty short description is made from the long one, at most 60 characters of it', () => {
  const long = 'å'.repeat(80)
  for (const short of ['', '<short/>']) {
    const read = group(`${id('g1')}<description>${short}<long>${long}</long></description>`)
    assert.equal(read.short, 'å'.repeat(60))
    assert.equal(read.long, long)
    assert.deepEqual(codes(read), ['SHORT_MISSING'])
  }
  assert.equal(group(id('g1')).short, 'g1')
})

test('a short description of more than 60 characters is kept whole', () => {
  const read = group(`${id('g1')}<description><short>${'x'.repeat(61)}</short></description>`)
  assert.equal(read.short?.length, 61)
  assert.deepEqual(codes(read), ['SHORT_TOO_LONG'])
})

test('a date of the file in any form is handed on as written', () => {
  for (const written of ['28/Oct/2005', '2012-09-11   08:30:00AM', '13.January.20192018-10-24']) {
    const read = properties(`<datasource>a</datasource><datetime>${written}</datetime>`)
    assert.equal(read.datetime, written)
    assert.deepEqual(codes(read), [])
  }
})

test('a level on the scheme is read as that of its typevalues', () => {
  const read = group(
    `${id('g1')}<grouptype><scheme level="0">NO-FS</scheme><typevalue>Sted</typevalue></grouptype>${SHORT}`,
  )
  assert.deepEqual(read.types, [{ scheme: 'NO-FS', level: '0', value: 'Sted' }])
  assert.deepEqual(codes(read), ['LEVEL_ON_SCHEME'])
})

test('an empty typevalue keeps its level, which has the meaning', () => {
  const read = group(
    `${id('g1')}<grouptype><scheme>S1.0</scheme><typevalue level="2"/></grouptype>${SHORT}`,
  )
  assert.deepEqual(read.types, [{ scheme: 'S1.0', level: '2', value: '' }])
  assert.deepEqual(codes(read), ['TYPEVALUE_EMPTY'])
})

test('an institution role in lower case is the one of the standard, an unknown one stays as written', () => {
  const read = person(
    `${id('p1')}${NAME}<institutionrole primaryrole="yes" institutionroletype="faculty"/>` +
      '<institutionrole primaryrole="No" institutionroletype="Extern"/>',
  )
  assert.deepEqual(read.institutionRoles, [
    { type: 'Faculty', primary: true },
    { type: 'Extern', primary: false },
  ])
  assert.deepEqual(codes(read), ['PRIMARYROLE_UNUSUAL', 'VALUE_IN_OTHER_CASE'])
})

test('institution roles of which none is primary are noted', () => {
  for (const primaryrole of ['', ' primaryrole="No"']) {
    const role = `<institutionrole${primaryrole} institutionroletype="Student"/>`
    const read = person(id('p1') + NAME + role + role)
    assert.equal(read.institutionRoles.length, 2)
    assert.deepEqual(codes(read), ['PRIMARYROLE_UNUSUAL'])
  }
})

test('passwords are dropped wherever they stand', () => {
  const secret = 'hemmelig'
  const places = [
    `<userid password="${secret}" pwencryptiontype="4">kari</userid>`,
    `<userid useridtype="username" PASSWORD="ldap3:${secret}">kari</userid>`,
    `<extension><emailserver><userid password="${secret}">kari</userid></emailserver></extension>`,
    `<extension><emailserver><password>${secret}</password></emailserver></extension>`,
    `<extension><x_bb_password>${secret}</x_bb_password></extension>`,
    `<extension><X_BB_PASSWORD>${secret}</X_BB_PASSWORD></extension>`,
    `<extension><extensionfield><fieldname>password</fieldname><fieldvalue>${secret}</fieldvalue></extensionfield></extension>`,
    `<extension><field name="passwd">${secret}</field></extension>`,
    `<unheardof pwd="${secret}"/>`,
  ]
  for (const place of places) {
    const read = person(id('p1') + NAME + place)
    assert.ok(codes(read).includes('PASSWORD_DROPPED'), place)
    assert.ok(!JSON.stringify(read).includes(secret), place)
  }
})

test('what a userid says beside its password is kept', () => {
  const read = person(
    `${id('p1')}<userid useridtype="username" authenticationtype="ldap" password="x" pwencryptiontype="MD5">kari</userid>${NAME}`,
  )
  assert.deepEqual(read.userIds, [{ value: 'kari', type: 'username', authenticationType: 'ldap' }])
})

test('an empty password is none', () => {
  const read = person(`${id('p1')}<userid password="">kari</userid>${NAME}`)
  assert.deepEqual(codes(read), [])
})

test('a membership with a type is a cross-list, its members are groups', () => {
  const read = list(
    '<type>merge</type>' +
      member('<idtype>2</idtype><role roletype="02"><status>1</status></role>'),
  )
  assert.equal(read.type, 'merge')
  assert.equal(read.members[0]?.idtype, 2)
  assert.deepEqual(codes(read), ['MEMBERSHIP_TYPED'])
})

test('an integrationId is read as the datasource', () => {
  const read = properties('<integrationId>sis</integrationId><datetime>2025-01-15</datetime>')
  assert.equal(read.datasource, 'sis')
  assert.deepEqual(codes(read), ['DATASOURCE_AS_INTEGRATIONID'])
})

test('properties without datasource are noted', () => {
  assert.deepEqual(codes(properties('<datetime>2025-01-15</datetime>')), ['DATASOURCE_MISSING'])
})

test('a key is any text, not only a national number', () => {
  for (const key of ['1042', '23109911111', 'A-7', 'Måne_personid_1235']) {
    assert.equal(person(id(key) + NAME).sourcedIds[0]?.id, key)
  }
})

test('text in CDATA, and text that a comment cuts in two, is one text', () => {
  const read = person(
    `${id('<![CDATA[p]]>1')}<name><fn>Kari<!-- ? --> <![CDATA[& Elev]]></fn></name>`,
  )
  assert.equal(read.sourcedIds[0]?.id, 'p1')
  assert.equal(read.fn, 'Kari & Elev')
})

test('a number that was wrapped in an element of its own is read', () => {
  const read = person(`${id('p1')}${NAME}<tel teltype="Mobile"><tel>+4790000001</tel></tel>`)
  assert.deepEqual(read.tels, [{ value: '+4790000001', type: 3 }])
})

test('elements of another case and with a prefix are the same elements', () => {
  const read = person(
    '<ims:SOURCEDID><ims:SOURCE>s</ims:SOURCE><ims:ID>p1</ims:ID></ims:SOURCEDID>' +
      '<NAME><FN>Kari Elev</FN></NAME><INSTITUTIONROLE PRIMARYROLE="Yes" INSTITUTIONROLETYPE="Staff"/>',
  )
  assert.deepEqual(read.sourcedIds, [{ source: 's', id: 'p1' }])
  assert.equal(read.fn, 'Kari Elev')
  assert.deepEqual(read.institutionRoles, [{ type: 'Staff', primary: true }])
})

test('an element that is in no dialect is kept as extension data', () => {
  const read = person(`${id('p1')}${NAME}<shoesize unit="EU">38</shoesize>`)
  assert.deepEqual(read.extension, ['<shoesize unit="EU">38</shoesize>'])
  assert.deepEqual(codes(read), ['ELEMENT_UNKNOWN'])
})

test('the same deviation is noted once a record', () => {
  const read = list(member('').repeat(30))
  assert.equal(read.members.length, 30)
  assert.deepEqual(codes(read), ['IDTYPE_MISSING', 'ROLE_MISSING'])
})

test('a record without deviations shares its empty list of problems with all others', () => {
  assert.equal(person(id('p1') + NAME).problems, person(id('p2') + NAME).problems)
})

test('a deviation is placed where it stands', () => {
  const xml = `${id('p1')}${NAME}<demogaphics/>`
  const [problem] = person(xml).problems
  assert.equal(problem?.place, `<person>${xml}`.indexOf('<demogaphics'))
  assert.deepEqual(problem, {
    code: 'ELEMENT_MISSPELT',
    place: problem?.place,
    kind: 'person',
    found: 'demogaphics',
    expected: 'demographics',
  })
})

test('a person, group or list without key is set aside', () => {
  for (const kind of ['person', 'group', 'membership'] as const) {
    for (const sourcedId of ['', '<sourcedid/>', '<sourcedid><id> </id></sourcedid>']) {
      const problem = problemOf(`<${kind}>${sourcedId}</${kind}>`)
      assert.deepEqual(problem, { code: 'KEY_MISSING', place: 0, kind })
    }
  }
})
