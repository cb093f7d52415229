import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { readMembership } from '../../src/ims/read-membership.ts'
import type { ImsMembership } from '../../src/ims/records.ts'
import { severityOf } from '../../src/roster/problem.ts'
import { gather } from './gather.ts'
import { codes, DATASOURCE, id, membership, problemOf, readBytes } from './reading-records.ts'

const PLAIN = '<idtype>1</idtype><role roletype="01"><status>1</status></role>'

function role(content: string, attributes = ' roletype="01"'): string {
  return `<role${attributes}><status>1</status>${content}</role>`
}

function rolesOf(roles: string) {
  const read = membership(`${id('g1')}<member>${id('p1')}<idtype>1</idtype>${roles}</member>`)
  return read.members[0]?.roles
}

test('a list names its group and its members with their places', () => {
  const before = `<membership><comments>7A</comments>${id('g1')}`
  const first = `<member>${id('p1')}${PLAIN}</member>`
  const xml = `${before}${first}<member>${id('p2')}${PLAIN}</member></membership>`
  const read = readBytes(readMembership, Buffer.from(xml)) as ImsMembership
  assert.deepEqual(read.sourcedIds, [{ source: DATASOURCE, id: 'g1' }])
  assert.deepEqual(
    read.members.map(({ sourcedId, place }) => [sourcedId.id, place]),
    [
      ['p1', before.length],
      ['p2', before.length + first.length],
    ],
  )
  assert.equal(read.place, 0)
  assert.equal(read.length, xml.length)
  assert.deepEqual(read.problems, [])
})

test('plain roles are shared between members', () => {
  const read = membership(
    `${id('g1')}<member>${id('p1')}${PLAIN}</member><member>${id('p2')}${PLAIN}</member>`,
  )
  assert.equal(read.members[0]?.roles[0], read.members[1]?.roles[0])
  assert.deepEqual(read.members[0]?.roles, [
    { roleType: '01', active: true, timeframe: {}, extension: [] },
  ])
})

test('all roles of a member are kept, in the order of the file', () => {
  const roles = rolesOf(role('', ' roletype="02"') + role('', ' roletype="01"') + role(''))
  assert.deepEqual(
    roles?.map(({ roleType }) => roleType),
    ['02', '01', '01'],
  )
})

test('roletypes are understood as numbers and as words', () => {
  const words = [
    ['Learner', '01'],
    ['Instructor', '02'],
    ['ContentDeveloper', '03'],
    ['Member', '04'],
    ['Manager', '05'],
    ['MENTOR', '06'],
    ['administrator', '07'],
    ['Teaching Assistant', '08'],
    ['8', '08'],
    ['Tutor', 'Tutor'],
  ]
  for (const [written, code] of words) {
    assert.equal(rolesOf(role('', ` roletype="${written}"`))?.[0]?.roleType, code)
  }
})

test('a role has subrole, time frame and recstatus', () => {
  const [read] =
    rolesOf(
      '<role recstatus="3" roletype="02"><subrole>vikar</subrole><status>0</status>' +
        '<timeframe><begin>2024-08-19</begin><end>2025-06-20</end><adminperiod>2024/2025</adminperiod></timeframe></role>',
    ) ?? []
  assert.deepEqual(read, {
    roleType: '02',
    recstatus: 3,
    active: false,
    subrole: 'vikar',
    timeframe: { begin: '2024-08-19', end: '2025-06-20', adminPeriod: '2024/2025' },
    extension: [],
  })
})

test('results, absence, e-mail, userid and datasource of a role are kept as pieces, sorted', () => {
  const [read] =
    rolesOf(
      role(
        '<userid useridtype="username">kari</userid><comments>x</comments><datetime>2025-01-15</datetime>' +
          '<interimresult resulttype="Term 1"> <mode>Grade</mode>\n <result>5</result> </interimresult>' +
          '<finalresult/><email>k@eksempel.no</email><datasource/>' +
          '<extension><pifu_absence pifu_absence_mode="aggregate"><!-- dager --><pifu_absence_value>3</pifu_absence_value></pifu_absence></extension>',
      ),
    ) ?? []
  assert.deepEqual(read?.extension, [
    '<email>k@eksempel.no</email>',
    '<interimresult resulttype="Term 1"><mode>Grade</mode><result>5</result></interimresult>',
    '<pifu_absence pifu_absence_mode="aggregate"><pifu_absence_value>3</pifu_absence_value></pifu_absence>',
    '<userid useridtype="username">kari</userid>',
  ])
})

test('a time frame that keeps learners out is kept as such', () => {
  const [read] =
    rolesOf(role('<timeframe><begin restrict="1">2025-01-01</begin></timeframe>')) ?? []
  assert.equal(read?.timeframe.begin, '2025-01-01')
  assert.deepEqual(read?.extension, ['<begin restrict="1"/>'])
})

test('what a member says beside its role is kept with the first role', () => {
  const read = membership(
    `${id('g1')}<member>${id('p1')}<idtype>1</idtype>${role('')}<extension><a>1</a></extension></member>`,
  )
  assert.deepEqual(read.members[0]?.roles[0]?.extension, ['<a>1</a>'])
})

test('a member is named by its current id, not by its old one', () => {
  const ids = id('old', ' sourcedidtype="Old"') + id('new', ' sourcedidtype="New"')
  const read = membership(`${id('g1')}<member>${ids}${PLAIN}</member>`)
  assert.equal(read.members[0]?.sourcedId.id, 'new')
})

test('a member without key is left out and set aside; the others stay', () => {
  const read = membership(
    `${id('g1')}<member>${PLAIN}</member><member>${id('p2')}${PLAIN}</member><member>${PLAIN}</member>`,
  )
  assert.deepEqual(
    read.members.map(({ sourcedId }) => sourcedId.id),
    ['p2'],
  )
  assert.deepEqual(codes(read), ['KEY_MISSING', 'KEY_MISSING'])
  for (const problem of read.problems) {
    assert.equal(severityOf(problem), 'setAside')
    assert.equal(problem.kind, 'membership')
  }
})

test('a key longer than the limit sets its member, or the list, aside', () => {
  const limits = { ...DEFAULT_READ_LIMITS, keyCharactersMax: 3 }
  const xml = `<membership>${id('g1')}<member>${id('p123')}${PLAIN}</member></membership>`
  const read = readBytes(readMembership, Buffer.from(xml), limits) as ImsMembership
  assert.deepEqual(read.members, [])
  assert.deepEqual(codes(read), ['KEY_TOO_LONG'])
  assert.deepEqual(problemOf(`<membership>${id('g123')}</membership>`, limits), {
    code: 'KEY_TOO_LONG',
    place: 0,
    kind: 'membership',
    found: '4',
    expected: '3',
  })
})

test('bytes that are no text set one member aside, under its key where that can be read', () => {
  const bad = Buffer.from(
    `<membership>${id('g1')}<member>${id('p1')}<idtype>1</idtype>${role('<email>l\u00E6rer</email>')}</member>` +
      `<member>${id('\u00E5')}${PLAIN}</member><member>${id('p3')}${PLAIN}</member></membership>`,
    'latin1',
  )
  const read = readBytes(readMembership, bad) as ImsMembership
  assert.deepEqual(
    read.members.map(({ sourcedId }) => sourcedId.id),
    ['p3'],
  )
  assert.deepEqual(
    read.problems.map(({ code, key }) => [code, key]),
    [
      ['BYTES_UNREADABLE', 'p1'],
      ['BYTES_UNREADABLE', undefined],
    ],
  )
})

test('bytes that are no text outside of the members set the whole list aside', () => {
  const bad = Buffer.from(
    `<membership>${id('g1')}<type>\u00E5</type><member>${id('p1')}${PLAIN}</member></membership>`,
    'latin1',
  )
  assert.deepEqual(readBytes(readMembership, bad), {
    code: 'BYTES_UNREADABLE',
    place: 0,
    kind: 'membership',
    key: 'g1',
  })
})

test('a value outside its vocabulary is left out with a warning', () => {
  const read = membership(
    `${id('g1')}<member>${id('p1')}<idtype>7</idtype><role roletype="01" recstatus="9"><status>maybe</status></role></member>`,
  )
  assert.equal(read.members[0]?.idtype, 1)
  assert.equal(read.members[0]?.roles[0]?.active, true)
  assert.deepEqual(codes(read), ['VALUE_UNKNOWN'])
})

test('a list without members is noted', () => {
  assert.deepEqual(codes(membership(id('g1'))), ['MEMBERSHIP_EMPTY'])
})

test('text between elements is left out with a warning', () => {
  const read = membership(`${id('g1')}oops<member>${id('p1')}${PLAIN}</member>`)
  assert.equal(read.members.length, 1)
  assert.deepEqual(codes(read), ['TEXT_UNEXPECTED'])
})

test('a window that ends anywhere inside the list asks for more', () => {
  const xml = Buffer.from(
    `<membership>${id('g1')}<member>${id('p1')}${PLAIN}</member></membership>`,
  )
  for (let end = '<membership>'.length + 1; end < xml.length; end++) {
    assert.equal(readBytes(readMembership, xml.subarray(0, end)), undefined)
  }
})

test('a bad byte in a member is enough for the file to be read in its true encoding', () => {
  const file = Buffer.from(
    `<enterprise><membership>${id('g1')}<member>${id('p1')}<idtype>1</idtype>` +
      '<role roletype="02"><subrole>faglærer</subrole><status>1</status></role></member></membership></enterprise>',
    'latin1',
  )
  const { records, frames } = gather(file)
  assert.equal(frames.at(-1)?.encoding, 'windows-1252')
  const [list] = records
  assert.equal(list?.kind === 'membership' && list.members[0]?.roles[0]?.subrole, 'faglærer')
})
