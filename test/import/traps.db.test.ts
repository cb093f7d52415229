/** What other importers of these files get wrong, each tried on Moodle 4.3: by name, so that it stays right here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../database.ts'
import { contentsOf, everythingOf } from './contents.ts'
import { makeSite, type TestSite } from './site.ts'

const { database } = await testDatabase()

const id = (key: string, source = 'S'): string =>
  `<sourcedid><source>${source}</source><id>${key}</id></sourcedid>`
const person = (key: string, name: string, source = 'S'): string =>
  `<person>${id(key, source)}<name><fn>${name}</fn></name></person>`
const group = (key: string): string =>
  `<group>${id(key)}<description><short>${key}</short></description></group>`
const list = (key: string, ...members: readonly string[]): string =>
  `<membership>${id(key)}${members
    .map(
      (member) =>
        `<member>${id(member)}<idtype>1</idtype><role roletype="01"><status>1</status></role></member>`,
    )
    .join('\n')}</membership>`
const enterprise = (...elements: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<enterprise>\n<properties><datasource>S</datasource></properties>\n${elements.join('\n')}\n</enterprise>\n`

async function names(site: TestSite): Promise<{ readonly [key: string]: string }> {
  const { persons } = await contentsOf(site)
  return Object.fromEntries(
    (persons as { key: string; sent: { fields: { name: string } } }[]).map(({ key, sent }) => [
      key,
      sent.fields.name,
    ]),
  )
}

test('entities and character references in names are decoded', async () => {
  const site = await makeSite(database)
  await site.send(enterprise(person('1', 'Berg &amp; Dal'), person('2', '&#197;sa &#xD6;berg')))
  assert.deepEqual(await names(site), { 1: 'Berg & Dal', 2: 'Åsa Öberg' })
})

test('a name in a CDATA section is the name, without its marks', async () => {
  const site = await makeSite(database)
  await site.send(enterprise(person('1', '<![CDATA[Öberg & <Dal>]]>')))
  assert.deepEqual(await names(site), { 1: 'Öberg & <Dal>' })
})

test('a person inside a comment does not exist', async () => {
  const site = await makeSite(database)
  await site.send(enterprise(person('1', 'Åsa'), `<!-- ${person('2', 'Nobody')} -->`))
  assert.deepEqual(await names(site), { 1: 'Åsa' })
})

test('the same id from another source is a duplicate that is reported, not quietly dropped', async () => {
  const site = await makeSite(database)
  const report = await site.send(
    enterprise(person('1', 'Åsa'), person('1', 'Bo', 'T'), person('2', 'Cia')),
  )
  assert.deepEqual(await names(site), { 2: 'Cia' })
  assert.equal(report.problems.DUPLICATE_KEY, 2)
  assert.equal(report.tallies.person.setAside, 2)
})

test('the same id from another source is another person where the rules say so', async () => {
  const site = await makeSite(database, { rules: 'syncKey: source+id' })
  await site.send(enterprise(person('1', 'Åsa'), person('1', 'Bo', 'T')))
  assert.deepEqual(await names(site), { 'S/1': 'Åsa', 'T/1': 'Bo' })
})

test('prefixed elements are read like any others', async () => {
  const site = await makeSite(database)
  const prefixed = enterprise(person('1', 'Åsa'), group('g'), list('g', '1'))
    .replaceAll(/<(\/?)(?=[a-z])/g, '<$1ns:')
    .replace('<ns:enterprise>', '<ns:enterprise xmlns:ns="http://tempuri.org/ims_epv1p1">')
  const report = await site.send(prefixed)
  assert.deepEqual(await names(site), { 1: 'Åsa' })
  assert.equal(report.tallies.membership.added, 1)
})

test('a file in ISO-8859-1 is read as such, Ö and all', async () => {
  const site = await makeSite(database)
  const text = enterprise(person('1', 'Åsa Öberg')).replace('UTF-8', 'ISO-8859-1')
  const report = await site.send(Buffer.from(text, 'latin1'))
  assert.equal(report.outcome, 'applied')
  assert.deepEqual(await names(site), { 1: 'Åsa Öberg' })
})

test('a file that is cut off in the middle is refused and changes nothing', async () => {
  const site = await makeSite(database)
  const members = Array.from({ length: 60 }, (_, n) => String(n))
  const whole = enterprise(
    ...members.map((key) => person(key, `Person ${key}`)),
    group('g'),
    list('g', ...members),
  )
  await site.send(whole)
  const before = await everythingOf(site)
  for (const share of [0.3, 0.5, 0.8, 0.99]) {
    const report = await site.send(whole.slice(0, Math.floor(whole.length * share)))
    assert.equal(report.outcome, 'refused')
    assert.equal(report.refusal?.code, 'ENDS_EARLY')
    assert.deepEqual(await everythingOf(site), before)
  }
})

test('an empty file, and one that holds no record, are refused and change nothing', async () => {
  const site = await makeSite(database)
  await site.send(enterprise(person('1', 'Åsa')))
  const before = await everythingOf(site)
  for (const [file, code] of [
    ['', 'FILE_EMPTY'],
    ['\n\n', 'FILE_EMPTY'],
    [enterprise(), 'ROSTER_EMPTY'],
  ] as const) {
    const report = await site.send(file)
    assert.equal(report.outcome, 'refused')
    assert.equal(report.refusal?.code, code)
    assert.deepEqual(await everythingOf(site), before)
  }
})

test('a name that changed is updated without any recstatus', async () => {
  const site = await makeSite(database)
  await site.send(enterprise(person('1', 'Åsa Berg'), person('2', 'Bo')))
  const report = await site.send(enterprise(person('1', 'Åsa Dal'), person('2', 'Bo')))
  assert.deepEqual(await names(site), { 1: 'Åsa Dal', 2: 'Bo' })
  assert.equal(report.tallies.person.updated, 1)
})

test('a person who is missing goes to the recycle bin, and his memberships end', async () => {
  const site = await makeSite(database)
  const some = [person('1', 'Åsa'), person('2', 'Bo')]
  await site.send(enterprise(...some, group('g'), list('g', '1', '2')))
  const report = await site.send(enterprise(some[0] as string, group('g'), list('g', '1', '2')))
  assert.equal(report.outcome, 'applied')
  assert.deepEqual(await names(site), { 1: 'Åsa' })
  assert.equal(report.tallies.person.removed, 1)
  assert.equal(report.tallies.membership.removed, 1)
  const binned = await database.site(site.siteId, (session) =>
    session.query('select key, state from persons where site_id = $1 order by key', [site.siteId]),
  )
  assert.deepEqual(binned, [
    { key: '1', state: 'active' },
    { key: '2', state: 'binned' },
  ])
})

test('a file on one line says what the file with line breaks said', async () => {
  const site = await makeSite(database)
  const members = Array.from({ length: 200 }, (_, n) => String(n))
  const pretty = enterprise(
    ...members.map((key) => person(key, `Person ${key}`)),
    group('g'),
    list('g', ...members),
  )
  await site.send(pretty)
  const before = await contentsOf(site)
  const oneLine = pretty.replaceAll('\n', '')
  const { changesTotal } = await site.plan(oneLine)
  assert.equal(changesTotal, 0)
  const other = await makeSite(database)
  await other.send(oneLine)
  assert.deepEqual(await contentsOf(other), before)
})

test('what was done is counted in the report, kind by kind', async () => {
  const site = await makeSite(database)
  const report = await site.send(enterprise(person('1', 'Åsa'), group('g'), list('g', '1')))
  const { person: persons, group: groups, membership } = report.tallies
  assert.deepEqual([persons.added, groups.added, membership.added], [1, 1, 1])
})

test('properties behind the records mean what they would mean before them', async () => {
  const site = await makeSite(database)
  const records = [person('1', 'Åsa'), person('2', 'Bo'), group('G'), list('G', '1', '2')]
  await site.send(enterprise(...records))
  const late = (properties: string, ...elements: readonly string[]): string =>
    `<enterprise>${elements.join('\n')}<properties><datasource>S</datasource>${properties}</properties></enterprise>`
  // Without knowing its type, all but one person would be taken as gone; and what is deleted as one who is there.
  const delta = late(
    '<type>delta</type>',
    records[0] ?? '',
    person('2', 'Bo').replace('<person>', '<person recstatus="3">'),
  )
  const report = await site.deliver(delta)
  assert.equal(report.delivery.type, 'delta')
  assert.deepEqual(await names(site), { 1: 'Åsa' })
})

test('known bytes under another datasource behind them are read again', async () => {
  const site = await makeSite(database)
  const bare = (properties: string): string =>
    `<enterprise>${person('1', 'Åsa')}${person('2', 'Bo')}${properties}</enterprise>`
  await site.deliver(bare(''))
  const report = await site.deliver(bare('<properties><datasource>T</datasource></properties>'))
  assert.equal(report.recordsRead, 2)
})

test('a NUL byte in what a delivery is refused for is told, and breaks nothing', async () => {
  const site = await makeSite(database)
  const report = await site.send(enterprise(person('1', 'Åsa').replace('</id>', '</i\0d>')))
  assert.equal(report.outcome, 'refused')
  assert.match(report.refusal?.found ?? '', /^<\/i\uFFFD/)
})
