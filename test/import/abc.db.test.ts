import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../database.ts'
import {
  abcBytes,
  abcText,
  groupId,
  numbers,
  personId,
  unit,
  type AbcSpec,
} from './abc-deliveries.ts'
import { contentsOf, everythingOf } from './contents.ts'
import { makeSite, type TestSite } from './site.ts'

const { database } = await testDatabase()
const people = numbers(12)
const [ada = '', bo = '', cy = ''] = people
const learners = people.slice(2)

const night: AbcSpec = {
  units: [
    { id: '010000', name: 'Avdeling for språk' },
    { id: '010100', name: 'Institutt for norsk', parent: '010000' },
    { id: '020000', name: 'Avdeling for helse' },
  ],
  persons: people.map((number, index) => ({
    ids: [
      ['NO_STUDNO', `${4000 + index}`],
      ['NO_BIRTHNO', number],
    ],
    given: index === 0 ? 'Åse' : 'Mild',
    family: `Bark${index}`,
    more: `<birthdate>1990-02-1${index % 9}</birthdate><contactinfo contacttype="primary account">user${index}</contactinfo>`,
  })),
  groups: [
    { type: 'kullgroup', id: 'NOR:HØST:2026', description: 'Studiekull norsk' },
    { type: 'uegroup', id: '201:NOR1:1:HØST:2026:1', description: 'Norsk innføring' },
  ],
  relations: [
    { type: 'kull-ou', subject: unit('010100'), objects: [groupId('NOR:HØST:2026', 'kullgroup')] },
    {
      type: 'ue-ou',
      subject: unit('010000'),
      objects: [groupId('201:NOR1:1:HØST:2026:1', 'uegroup')],
    },
    {
      type: 'kull-people',
      subject: groupId('NOR:HØST:2026', 'kullgroup'),
      objects: learners.map((id) => personId(id)),
    },
    {
      type: 'ue-people',
      subject: groupId('201:NOR1:1:HØST:2026:1', 'uegroup'),
      objects: learners.slice(0, 5).map((id) => personId(id)),
    },
    // Another relation of the same group, with an id of another type.
    {
      type: 'ue-people',
      subject: groupId('201:NOR1:1:HØST:2026:1', 'uegroup'),
      objects: [personId('4009', 'NO_STUDNO')],
    },
    {
      type: 'Ansatt, vitenskapelig (6:9)',
      subject: unit('010000'),
      objects: [personId(ada), personId(bo)],
    },
  ],
}

const site = (): Promise<TestSite> => makeSite(database, { rules: 'extends: abc' })

interface Placed {
  readonly key: string
  readonly kind: string
  readonly title: string
  readonly parent: string | null
  readonly school: string | null
}

async function tree(of: TestSite): Promise<unknown[]> {
  const { groups } = await contentsOf(of)
  return (groups as readonly Placed[]).map(({ key, kind, title, parent, school }) => [
    key,
    kind,
    title,
    parent,
    school,
  ])
}

async function members(of: TestSite, group: string): Promise<unknown[]> {
  const { memberships } = await contentsOf(of)
  return (memberships as { group: string; person: string; role: number }[])
    .filter((each) => each.group === group)
    .map(({ person, role }) => [person, role])
}

test('units, groups, persons and relations become a tree, members and profiles', async () => {
  const here = await site()
  const report = await here.deliver(abcBytes(night))
  assert.equal(report.outcome, 'applied')
  assert.deepEqual(
    [report.delivery.dialect, report.delivery.encoding, report.delivery.type],
    ['abc-enterprise', 'iso-8859-1', 'full'],
  )
  assert.deepEqual(report.problems, {})
  assert.deepEqual(await tree(here), [
    ['010000', 'school', 'Avdeling for språk', '201', '010000'],
    ['010100', 'group', 'Institutt for norsk', '010000', '010000'],
    ['020000', 'school', 'Avdeling for helse', '201', '020000'],
    ['201', 'site', 'Høgskolen i Sørfjell', null, null],
    ['201:NOR1:1:HØST:2026:1', 'course', 'Norsk innføring', '010000', '010000'],
    ['NOR:HØST:2026', 'group', 'Studiekull norsk', '010100', '010000'],
  ])
  assert.equal((await members(here, 'NOR:HØST:2026')).length, learners.length)
  assert.equal((await members(here, '201:NOR1:1:HØST:2026:1')).length, 6)
  const { persons } = await contentsOf(here)
  const profiles = Object.groupBy(
    persons as { profile: string; sent: { fields: { [field: string]: string } } }[],
    ({ profile }) => profile,
  )
  assert.deepEqual([profiles['staff']?.length, profiles['student']?.length], [2, 10])
  const staff = profiles['staff']?.map(({ sent }) => sent.fields['name'])
  assert.ok(staff?.includes('Åse Bark0'))
  assert.equal(profiles['staff']?.[0]?.sent.fields['nationalNumber']?.length, 11)
  assert.match(profiles['staff']?.[0]?.sent.fields['username'] ?? '', /^user[01]$/)
})

test('the same file written anew, and with its records in another order, plans nothing', async () => {
  const here = await site()
  await here.deliver(abcBytes(night))
  const before = await everythingOf(here)
  const reversed: AbcSpec = {
    ...night,
    persons: night.persons?.toReversed() ?? [],
    groups: night.groups?.toReversed() ?? [],
    relations: night.relations?.toReversed() ?? [],
    timestamp: '2026-09-03T02:00:00',
  }
  for (const bytes of [
    abcBytes({ ...night, timestamp: '2026-09-02T02:00:00' }),
    abcBytes(reversed),
  ]) {
    const { outcome, tallies, problems } = await here.send(bytes)
    assert.equal(outcome, 'applied')
    for (const kind of ['person', 'group', 'membership', 'course'] as const) {
      const { added, updated, removed } = tallies[kind]
      assert.deepEqual([kind, added, updated, removed], [kind, 0, 0, 0])
    }
    assert.deepEqual(problems, {})
  }
  assert.deepEqual(await everythingOf(here), before)
  assert.equal((await here.send(abcBytes(reversed))).outcome, 'same')
})

test('who leaves, a class that moves to another unit and a role that changes are seen', async () => {
  const here = await site()
  await here.deliver(abcBytes(night))
  const [kullOu, ueOu, kull, ue, ueToo, employed] = night.relations ?? []
  assert.ok(kullOu && ueOu && kull && ue && ueToo && employed)
  const changed: AbcSpec = {
    ...night,
    persons: night.persons?.filter(({ ids }) => ids[1]?.[1] !== learners.at(-1)) ?? [],
    relations: [
      { ...kullOu, subject: unit('020000') },
      ueOu,
      { ...kull, objects: learners.slice(0, -1).map((id) => personId(id)) },
      { ...ue, type: 'Ansatt, vitenskapelig (6:9)' },
      ueToo,
      employed,
    ],
  }
  const plan = await here.plan(abcBytes(changed))
  const { tallies } = await here.deliver(abcBytes(changed))
  assert.deepEqual(plan.report.tallies.group, tallies.group)
  assert.deepEqual(
    [tallies.person.removed, tallies.group.updated, tallies.membership.removed],
    [1, 1, 1],
  )
  // Five are teachers now, and staff with that.
  assert.equal(tallies.membership.updated, 5)
  assert.equal(tallies.person.updated, 5)
  const placed = (await tree(here)).find((each) => (each as string[])[0] === 'NOR:HØST:2026')
  assert.deepEqual((placed as string[]).slice(3), ['020000', '020000'])
})

test('a list that loses a relation, and one whose last relation goes, lose their members', async () => {
  const here = await site()
  await here.deliver(abcBytes(night))
  const relations = night.relations ?? []
  const course = '201:NOR1:1:HØST:2026:1'
  await here.deliver(abcBytes({ ...night, relations: relations.filter((_, at) => at !== 4) }))
  assert.equal((await members(here, course)).length, 5)
  await here.deliver(
    abcBytes({ ...night, relations: relations.filter((_, at) => at < 3 || at > 4) }),
  )
  assert.equal((await members(here, course)).length, 0)
})

test('a person who is the subject is a member of every group that is an object, and leaves each for itself', async () => {
  const here = await site()
  const groups = ['a', 'b'].map((id) => ({ type: 'uegroup', id }))
  const of = (...ids: readonly string[]): AbcSpec => ({
    ...night,
    groups,
    relations: [
      {
        type: 'ue-people',
        subject: personId(cy),
        objects: ids.map((id) => groupId(id, 'uegroup')),
      },
    ],
  })
  await here.deliver(abcBytes(of('a', 'b')))
  assert.deepEqual([(await members(here, 'a')).length, (await members(here, 'b')).length], [1, 1])
  await here.deliver(abcBytes(of('b')))
  assert.deepEqual([(await members(here, 'a')).length, (await members(here, 'b')).length], [0, 1])
})

test('a relation that cannot be read keeps members and parents as they were', async () => {
  const here = await site()
  await here.deliver(abcBytes(night))
  const before = await contentsOf(here)
  const [kullOu, ueOu, kull, ...rest] = night.relations ?? []
  assert.ok(kullOu && ueOu && kull)
  const twoSubjects = { ...kullOu, subject: unit('010100') + unit('020000') }
  const none = { ...kull, subject: '' }
  const report = await here.send(
    abcBytes({ ...night, relations: [twoSubjects, ueOu, none, ...rest] }),
  )
  assert.equal(report.problems.SUBJECT_UNCLEAR, 3)
  assert.ok(report.findings.some(({ code }) => code === 'REMOVALS_LEFT_OUT'))
  assert.deepEqual(await contentsOf(here), before)
  await here.deliver(abcBytes(night))
  assert.deepEqual(await contentsOf(here), before)
})

test('a damaged file leaves the roster as it was', async () => {
  const here = await site()
  await here.deliver(abcBytes(night))
  const before = await everythingOf(here)
  const text = abcText(night)
  const cases = [
    [text.slice(0, text.length / 2), 'ENDS_EARLY'],
    [text.replace('</relation>', '</relatoin>'), 'NOT_WELL_FORMED'],
    [`${text.slice(0, text.indexOf('<organization>'))}</document>`, 'ROSTER_EMPTY'],
    [text.replace('<document>', '<document xmlns="urn:x">'), 'DIALECT_UNKNOWN'],
  ] as const
  for (const [broken, code] of cases) {
    const report = await here.send(Buffer.from(broken, 'latin1'))
    assert.deepEqual([report.outcome, report.refusal?.code], ['refused', code])
  }
  assert.deepEqual(await everythingOf(here), before)
})

test('a member and a group that nobody knows are set aside with their ids as written', async () => {
  const here = await site()
  const stranger = { type: 'ue-people', subject: groupId('x', 'uegroup'), objects: [personId(ada)] }
  const [, , kull] = night.relations ?? []
  assert.ok(kull)
  const more = { ...kull, objects: [personId('unknown-1'), personId('unknown-2', 'NO_STUDNO')] }
  const relations = [...(night.relations ?? []), stranger, more]
  const report = await here.deliver(abcBytes({ ...night, relations }))
  assert.deepEqual([report.problems.MEMBER_UNKNOWN, report.problems.GROUP_UNKNOWN], [2, 1])
})
