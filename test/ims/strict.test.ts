import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strictChecks } from '../../src/ims/strict.ts'
import type { ImsGroup, ImsMembership, ImsPerson, ImsProperties } from '../../src/ims/records.ts'
import { PROBLEMS } from '../../src/roster/problems.ts'
import { group, id, membership, person, properties } from './reading-records.ts'

const NAME = '<name><fn>Kari Elev</fn><n><family>Elev</family><given>Kari</given></n></name>'
const PLAIN = '<idtype>1</idtype><role roletype="01"><status>1</status></role>'

/** Code, element and what was found, a line each. */
function found(
  record: ImsPerson | ImsGroup | ImsMembership | ImsProperties,
  dialect: string,
): readonly string[] {
  return strictChecks(record, dialect).map(
    ({ code, expected, found }) =>
      `${code} ${expected?.split(':')[0]}${found === undefined ? '' : ` ${found}`}`,
  )
}

function pifuGroup(content: string) {
  const link = `<relationship relation="1">${id('g0')}<label>Skole</label></relationship>`
  return group(`${id('g1')}${content}<description><short>7A</short></description>${link}`)
}

test('a record of plain 1.1 that keeps to it has no findings', () => {
  const records = [
    person(
      `${id('p1')}<userid>kari</userid><name><fn>Kari Elev</fn><nickname>Kaja</nickname></name>` +
        '<demographics><bday>2010-04-05</bday></demographics><institutionrole primaryrole="Yes" institutionroletype="Student"/>',
    ),
    group(`${id('g1')}<description><short>7A</short></description>`),
    membership(`${id('g1')}<member>${id('p1')}${PLAIN}</member>`),
    properties('<datasource>a</datasource><type>anything</type><datetime>2025-01-15</datetime>'),
  ]
  for (const record of records) assert.deepEqual(found(record, 'ims-1.1'), [])
})

test('a record of PIFU that keeps to it has no findings', () => {
  const records = [
    person(
      `${id('p1')}<userid useridtype="personLIN">7</userid>${NAME}<email>k@skole.eksempel.no</email>` +
        '<tel teltype="3">+4790000001</tel><extension><pifu_status type="pupilStatus">voksen</pifu_status></extension>',
    ),
    pifuGroup(
      '<grouptype><scheme>pifu-ims-go-grp</scheme><typevalue level="1">basisgruppe</typevalue></grouptype>',
    ),
    membership(
      `${id('g1')}<member>${id('p1')}<idtype>1</idtype><role roletype="02"><subrole>vikar</subrole><status>1</status>` +
        '<timeframe><begin>2024-08-19</begin><adminperiod>H2024</adminperiod></timeframe></role></member>',
    ),
  ]
  for (const record of records) assert.deepEqual(found(record, 'pifu-1.3'), [])
})

test('values longer than the standard allows are found, with how long they are', () => {
  const read = person(
    `<sourcedid><source>${'s'.repeat(33)}</source><id>p1</id></sourcedid>` +
      `<name><fn>${'n'.repeat(257)}</fn></name><tel teltype="1">${'1'.repeat(33)}</tel><tel teltype="1">${'2'.repeat(40)}</tel>`,
  )
  assert.deepEqual(found(read, 'ims-1.1'), [
    'STRICT_LENGTH sourcedid/source 33',
    'STRICT_LENGTH name/fn 257',
    'STRICT_LENGTH tel 33',
  ])
})

test('length counts characters, not the halves that some of them are stored in', () => {
  const read = group(`${id('g1')}<description><short>${'𝄞'.repeat(60)}</short></description>`)
  assert.deepEqual(found(read, 'ims-1.1'), [])
})

test('a label may be longer in PIFU', () => {
  const label = 'x'.repeat(33)
  const read = group(
    `${id('g1')}<grouptype><scheme>pifu-ims-go-org</scheme><typevalue level="2">skole</typevalue></grouptype>` +
      `<description><short>S</short></description><relationship>${id('g0')}<label>${label}</label></relationship>`,
  )
  assert.deepEqual(found(read, 'ims-1.1'), ['STRICT_LENGTH relationship/label 33'])
  assert.deepEqual(found(read, 'pifu-1.1'), [])
})

test('words outside of the vocabularies of 1.1 are found', () => {
  const read = person(
    `${id('p1')}${NAME}<systemrole systemroletype="Chief"/><institutionrole primaryrole="Yes" institutionroletype="Carer"/>`,
  )
  assert.deepEqual(found(read, 'ims-1.1'), [
    'STRICT_VOCABULARY systemrole/@systemroletype Chief',
    'STRICT_VOCABULARY institutionrole/@institutionroletype Carer',
  ])
  const list = membership(
    `${id('g1')}<member>${id('p1')}<idtype>1</idtype><role roletype="Tutor"><status>1</status></role></member>`,
  )
  assert.deepEqual(found(list, 'ims-1.1'), ['STRICT_VOCABULARY role/@roletype Tutor'])
})

test('dates in another form than the standard’s are found', () => {
  const read = person(`${id('p1')}${NAME}<demographics><bday>5.4.2010</bday></demographics>`)
  assert.deepEqual(found(read, 'ims-1.1'), ['STRICT_FORM demographics/bday 5.4.2010'])
  const file = properties('<datasource>a</datasource><datetime>28/Oct/2005</datetime>')
  assert.deepEqual(found(file, 'ims-1.1'), ['STRICT_FORM datetime 28/Oct/2005'])
})

test('what PIFU requires and 1.1 does not is found in PIFU only', () => {
  const read = person(`${id('p1')}<userid>kari</userid><name><fn>Kari</fn></name>`)
  assert.deepEqual(found(read, 'ims-1.1'), [])
  assert.deepEqual(found(read, 'pifu-1.3'), [
    'STRICT_REQUIRED userid/@useridtype',
    'STRICT_REQUIRED n/family',
    'STRICT_REQUIRED n/given',
  ])
  const bare = group(`${id('g1')}<description><short>7A</short></description>`)
  assert.deepEqual(found(bare, 'pifu-1.3'), [
    'STRICT_REQUIRED grouptype',
    'STRICT_REQUIRED relationship',
  ])
  const list = membership(
    `${id('g1')}<member>${id('p1')}<idtype>1</idtype><role><status>1</status></role></member>`,
  )
  assert.deepEqual(found(list, 'pifu-1.3'), ['STRICT_REQUIRED role/@roletype'])
  const file = properties('<datasource>a</datasource><datetime>2025-01-15</datetime>')
  assert.deepEqual(found(file, 'pifu-1.3'), [
    'STRICT_REQUIRED properties/@lang',
    'STRICT_REQUIRED properties/type',
  ])
})

test('what PIFU has no element for is found', () => {
  const read = person(
    `${id('p1')}<name><fn>K</fn><nickname>K</nickname><n><family>E</family><given>K</given></n></name>` +
      '<institutionrole primaryrole="Yes" institutionroletype="Student"/><extension><emailserver><server>x</server></emailserver></extension>',
  )
  assert.deepEqual(found(read, 'pifu-1.3'), [
    'STRICT_ELEMENT name/nickname',
    'STRICT_ELEMENT institutionrole',
    'STRICT_ELEMENT extension/emailserver',
  ])
})

test('scheme, level and typevalue of PIFU have to name the same group type', () => {
  const types = [
    ['pifu-ims-go-grp', '2', 'basisgruppe', 'STRICT_VOCABULARY typevalue/@level 2'],
    ['pifu-ims-go-org', '1', 'fag', 'STRICT_VOCABULARY grouptype/typevalue fag'],
    ['other', '1', 'fag', 'STRICT_VOCABULARY grouptype/scheme other'],
  ]
  for (const [scheme, level, value, finding] of types) {
    const read = pifuGroup(
      `<grouptype><scheme>${scheme}</scheme><typevalue level="${level}">${value}</typevalue></grouptype>`,
    )
    assert.deepEqual(found(read, 'pifu-1.3'), [finding])
  }
})

test('a subrole of PIFU has to belong to its roletype, and members are persons', () => {
  const list = membership(
    `${id('g1')}<member>${id('p1')}<idtype>2</idtype><role roletype="02"><subrole>rektor</subrole><status>1</status></role></member>`,
  )
  assert.deepEqual(found(list, 'pifu-1.3'), [
    'STRICT_VOCABULARY member/idtype 2',
    'STRICT_VOCABULARY role/subrole of 02 rektor',
  ])
})

test('a finding about many members is made once, at the first of them', () => {
  const one = `<member>${id('p1')}<idtype>1</idtype><role roletype="X"><status>1</status></role></member>`
  const list = membership(id('g1') + one + one)
  const [problem, ...rest] = strictChecks(list, 'ims-1.1')
  assert.equal(problem?.place, list.members[0]?.place)
  assert.deepEqual(rest, [])
})

test('what strict checks find never keeps a record out', () => {
  const strict = Object.entries(PROBLEMS).filter(([code]) => code.startsWith('STRICT_'))
  assert.equal(strict.length, 5)
  for (const [, { severity }] of strict) assert.equal(severity, 'notice')
})
