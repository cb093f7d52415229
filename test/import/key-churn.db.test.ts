import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { RunReport } from '../../src/import/report.ts'
import { type DeliverySpec, keys, type PersonSpec } from './deliveries.ts'
import { type Nights, nights, openNights } from './nights.ts'

await openNights()

/** Test numbers of Skatteverket: a samordningsnummer and two personnummer. */
const TEMPORARY = '191401682396'
const PERMANENT = '189001019802'
const ANOTHER = '189001029819'

/** `person P1 → N1 certain` for each pair; `, left out` behind one that is neither removed nor added. */
const pairs = ({ suspectedPairs = [] }: RunReport): string[] =>
  suspectedPairs.map(
    ({ kind, oldKey, newKey, confidence, leftOut }) =>
      `${kind} ${oldKey} → ${newKey} ${confidence}${leftOut ? ', left out' : ''}`,
  )

const holding = ({ findings }: RunReport): string[] =>
  findings
    .filter(({ holds }) => holds)
    .map(({ code, what, count, of }) => `${code} ${what} ${count}/${of}`)

const pupils = keys('P', 150)

/** A school with ten courses of fifteen pupils and a teacher each, and one that has nobody. */
function courses(prefix: string): DeliverySpec {
  const each = keys(prefix, 10)
  return {
    persons: [...pupils, { key: 'T1', role: 'Staff' }],
    groups: [
      { key: 'S1', type: 'School' },
      ...each.map((key, n) => ({ key, type: 'Course', parent: 'S1', title: `Course ${n}` })),
      { key: `${prefix}-empty`, type: 'Course', parent: 'S1', title: 'Nobody yet' },
    ],
    lists: each.map((group, n) => ({
      group,
      members: [...pupils.slice(n * 15, n * 15 + 15), { key: 'T1', role: '02' }],
    })),
  }
}

interface Spell {
  readonly group: number
  readonly person: number
  readonly begun: number
}

const spells = (site: Nights): Promise<Spell[]> =>
  site.query<Spell>(
    `select group_id as group, person_id as person, from_run as begun from memberships
     where site_id = $1 and to_run is null order by 1, 2`,
  )

describe('every course gets a new key in one night', () => {
  test('it is one finding; released as rekey, nobody loses anything', async () => {
    const site = await nights()
    await site.apply(courses('C'))
    const before = await site.courses()
    const members = await spells(site)
    const held = await site.hold(courses('N'))
    assert.deepEqual(holding(held), ['KEY_CHURN groups 11/12'])
    const [finding] = held.findings
    assert.deepEqual([finding?.proposed, finding?.ambiguous], [11, 0])
    assert.deepEqual(pairs(held).slice(0, 2), ['group C1 → N1 high', 'group C2 → N2 high'])

    const preview = await site.previewRelease(held.run, { asRekey: true })
    assert.deepEqual(
      [...new Set(preview.changes.map(({ kind, action }) => `${action} ${kind}`))],
      ['rekey group'],
    )
    assert.equal(preview.changesTotal, 11)

    const released = await site.releaseAsRekey(held.run)
    const { group, course, membership } = released.tallies
    assert.deepEqual(
      [released.outcome, group.updated, group.removed, course.removed, membership.removed],
      ['released', 11, 0, 0, 0],
    )
    assert.deepEqual(
      (await site.courses()).map(({ id, state, members: manual }) => [id, state, manual]),
      before.map(({ id }) => [id, 'open', []]),
    )
    assert.deepEqual(
      (await site.courses()).map(({ key }) => key),
      [...keys('N', 10), 'N-empty'],
    )
    assert.deepEqual(await spells(site), members)
    assert.deepEqual(new Set(await site.journal(held.run)).size, 11)
    const [decided] = await site.query<{ decision: { asRekey: boolean; pairs: number } }>(
      `select decision from runs where site_id = $1 and state = 'released'`,
    )
    assert.deepEqual([decided?.decision.asRekey, decided?.decision.pairs], [true, 11])

    const next = await site.apply(courses('N'))
    assert.deepEqual([next.recordsRead, await site.journal(next.run)], [0, []])
    assert.deepEqual(await spells(site), members)
  })

  test('together with everybody in them', async () => {
    const renamed = (prefix: string): DeliverySpec => {
      const all = courses(prefix)
      const key = (old: string): string => `${prefix}${old}`
      return {
        ...all,
        persons: pupils.map((old) => ({ key: key(old), username: old, name: `Pupil ${old}` })),
        lists: (all.lists ?? []).map(({ group, members }) => ({
          group,
          members: members.flatMap((member) => (typeof member === 'string' ? [key(member)] : [])),
        })),
      }
    }
    const site = await nights()
    await site.apply(renamed('C'))
    const members = await spells(site)
    const held = await site.hold(renamed('N'))
    assert.deepEqual(holding(held), ['KEY_CHURN persons 150/150', 'KEY_CHURN groups 11/12'])
    const released = await site.releaseAsRekey(held.run)
    const { person, group, membership } = released.tallies
    assert.deepEqual(
      [person.updated, person.removed, group.updated, membership.removed, membership.added],
      [150, 0, 11, 0, 0],
    )
    assert.deepEqual(await spells(site), members)
    assert.equal((await site.apply(renamed('N'))).recordsRead, 0)
  })

  test('what leaves beside them is found for itself', async () => {
    const site = await nights()
    await site.apply(courses('C'))
    const fewer = courses('N')
    const held = await site.hold({
      ...fewer,
      persons: [...pupils.slice(30), { key: 'T1', role: 'Staff' }],
    })
    assert.deepEqual(holding(held).slice(0, 2), [
      'KEY_CHURN groups 9/12',
      'TOO_MANY_REMOVED persons 30/151',
    ])
  })

  test('released as it is, they are archived and made anew', async () => {
    const site = await nights()
    await site.apply(courses('C'))
    const held = await site.hold(courses('N'))
    const released = await site.release(held.run)
    assert.deepEqual([released.tallies.course.removed, released.tallies.course.added], [11, 11])
  })

  test('without the delivery there is no rekey', async () => {
    const site = await nights()
    await site.apply(courses('C'))
    const held = await site.hold(courses('N'))
    rmSync(site.kept(`${site.siteId}/${held.delivery.sha256}.xml.zst`))
    await assert.rejects(site.releaseAsRekey(held.run), { code: 'ERR_DELIVERY_GONE' })
    await site.release(held.run)
  })

  test('other rules than those it was held under refuse it', async () => {
    const site = await nights()
    await site.apply(courses('C'))
    const held = await site.hold(courses('N'))
    await site.set({ rules: 'take:\n  exceptGroups: [{ key: N1 }]\n' })
    await assert.rejects(site.releaseAsRekey(held.run), { code: 'ERR_PLAN_OUTDATED' })
  })

  test('a plan without suspected keys is no rekey', async () => {
    const site = await nights()
    await site.apply({ persons: pupils, groups: ['G1'] })
    const held = await site.hold({ persons: pupils.slice(50), groups: ['G1'] })
    const everything = await site.everything()
    await assert.rejects(site.releaseAsRekey(held.run), { code: 'ERR_USAGE' })
    assert.deepEqual(await site.everything(), everything)
  })
})

/** A class of 150, one of whom is as said. */
function withOne(...others: readonly PersonSpec[]): DeliverySpec {
  return {
    persons: [...pupils, ...others],
    groups: [{ key: 'G1', type: 'Course' }],
    lists: [{ group: 'G1', members: [...pupils, ...others.map(({ key }) => key)] }],
  }
}
const anna = { name: 'Anna Berg', birthDate: '2012-03-04', username: 'anna' }

describe('a personnummer that replaces a samordningsnummer', () => {
  test('is a suspected pair by what else agrees; released as rekey, account and memberships stay', async () => {
    const site = await nights()
    const old = { ...anna, key: TEMPORARY, nationalNumber: TEMPORARY }
    const now = { ...anna, key: PERMANENT, nationalNumber: PERMANENT }
    // Where there are fewer than a hundred, one is more than one in a hundred.
    const few = (one: PersonSpec): DeliverySpec => ({
      persons: [...keys('P', 20), one],
      groups: ['G1'],
      lists: [{ group: 'G1', members: [one.key] }],
    })
    await site.apply(few(old))
    const before = await site.person(TEMPORARY)
    const members = await spells(site)
    const held = await site.hold(few(now))
    assert.deepEqual(holding(held), ['KEY_CHURN persons 1/21'])
    assert.deepEqual(pairs(held), [`person ${TEMPORARY} → ${PERMANENT} high`])
    const released = await site.releaseAsRekey(held.run)
    assert.deepEqual([released.tallies.person.updated, released.tallies.person.removed], [1, 0])
    assert.equal((await site.person(PERMANENT))?.id, before?.id)
    assert.deepEqual(await spells(site), members)
    assert.deepEqual(await site.journal(held.run), [`rekey person ${PERMANENT}`])
    assert.equal((await site.apply(few(now))).recordsRead, 0)
  })

  test('below the limit it is listed, and applied as the source says', async () => {
    const site = await nights()
    await site.apply(withOne({ ...anna, key: 'A' }))
    const report = await site.apply(withOne({ ...anna, key: 'B' }))
    assert.deepEqual(pairs(report), ['person A → B high'])
    assert.deepEqual(await site.persons('binned'), ['A'])
    assert.equal((await site.person('B'))?.username, 'anna')
  })
})

describe('two records with the same national number', () => {
  const old = { key: 'A', name: 'Anna Berg', nationalNumber: PERMANENT }
  const now = { key: 'B', name: 'Anna Lund', nationalNumber: '18900101-9802' }

  test('are never removed and added: nobody loses anything, night after night', async () => {
    const site = await nights()
    await site.apply(withOne(old))
    const members = await spells(site)
    for (const night of [1, 2, 3]) {
      const report = await site.apply(withOne(now))
      assert.deepEqual(pairs(report), ['person A → B certain, left out'], `night ${night}`)
      assert.deepEqual(await site.problems(report.run), ['NUMBER_UNDER_NEW_KEY B'])
      const { added, removed, setAside } = report.tallies.person
      assert.deepEqual([added, removed, setAside], [0, 0, 1])
      assert.equal((await site.person('A'))?.state, 'active')
      assert.deepEqual(await spells(site), members)
    }
  })

  test('the lists that name the new key mean the person who is there', async () => {
    const site = await nights()
    await site.apply(withOne(old))
    const other = { ...withOne(now), groups: [{ key: 'G1', type: 'Course' }, 'G2'] }
    const more = [...(other.lists ?? []), { group: 'G2', members: [{ key: 'B', role: '02' }] }]
    await site.apply({ ...other, lists: more })
    assert.deepEqual(
      (await site.memberships()).filter((line) => line.includes(' A ')),
      ['G1 A learner', 'G2 A teacher'],
    )
    // What changes about it meanwhile is taken.
    const changed = [...(other.lists ?? []), { group: 'G2', members: [{ key: 'B', role: '01' }] }]
    await site.apply({ ...other, lists: changed })
    assert.ok((await site.memberships()).includes('G2 A learner'))
  })

  test('released as rekey they are one, and the next night plans nothing', async () => {
    const site = await nights({ limits: { 'persons.updated': { percent: 10, floor: 0 } } })
    await site.apply(withOne(old))
    const id = (await site.person('A'))?.id
    const renamed = pupils.map((key) => ({ key, name: 'Renamed' }))
    const night = { ...withOne(now), persons: [...renamed, now] }
    const held = await site.hold(night)
    assert.deepEqual(holding(held), ['TOO_MANY_UPDATED persons 150/151'])
    const released = await site.releaseAsRekey(held.run)
    assert.deepEqual([released.tallies.person.setAside, released.problems], [0, {}])
    assert.deepEqual(await site.problems(held.run), [])
    const person = await site.person('B')
    assert.deepEqual([person?.id, person?.state], [id, 'active'])
    const next = await site.apply(night)
    assert.deepEqual([await site.journal(next.run), next.tallies.person.setAside], [[], 0])
    assert.equal((await site.apply(night)).recordsRead, 0)
  })

  test('sent both, they are two persons after all, each with his memberships', async () => {
    const site = await nights()
    await site.apply(withOne(old))
    await site.apply(withOne(now))
    const report = await site.apply(withOne(old, now))
    assert.deepEqual([report.tallies.person.added, pairs(report)], [1, []])
    assert.deepEqual(
      (await site.memberships()).filter((line) => / [AB] /.test(line)),
      ['G1 A learner', 'G1 B learner'],
    )
    const alone = await site.apply(withOne({ ...now, nationalNumber: ANOTHER }))
    assert.equal(alone.tallies.person.removed, 1)
    assert.deepEqual(
      (await site.memberships()).filter((line) => / [AB] /.test(line)),
      ['G1 B learner'],
    )
  })

  test('more than ten of them hold the plan', async () => {
    const many = (prefix: string): DeliverySpec => ({
      persons: [
        ...keys('P', 200),
        ...keys(prefix, 11).map((key, n) => ({
          key,
          nationalNumber: `1900010${n % 10}TF${10 + n}`,
        })),
      ],
      groups: ['G1'],
    })
    const site = await nights()
    await site.apply(many('A'))
    const held = await site.hold(many('B'))
    assert.deepEqual(holding(held), ['KEY_CHURN persons 11/211'])
    assert.deepEqual(held.findings[0]?.leftOut, 11)
    // Released as it is, they are left out all the same.
    const released = await site.release(held.run)
    assert.deepEqual([released.tallies.person.removed, released.tallies.person.added], [0, 0])
    assert.equal((await site.persons()).length, 211)
  })

  test('relations that name the new key mean the person who is there', async () => {
    const site = await nights()
    const child = (guardian: string): PersonSpec => ({ key: 'K1', guardians: [guardian] })
    await site.apply(withOne(old, child('A')))
    await site.apply(withOne(now, child('B')))
    assert.deepEqual(await site.relations(), ['K1 guardian A by person'])
  })

  test('a username that the one who stays would have given up stays his', async () => {
    const site = await nights()
    await site.apply(withOne({ ...old, username: 'anna' }))
    const report = await site.apply(withOne(now, { key: 'C', username: 'anna' }))
    assert.deepEqual(await site.problems(report.run), [
      'NUMBER_UNDER_NEW_KEY B',
      'USERNAME_TAKEN C',
    ])
    assert.equal((await site.person('A'))?.username, 'anna')
  })
})

test('in a delta, too: the one that it deletes stays, and as rekey they are one', async () => {
  const site = await nights()
  const old = { key: 'A', name: 'Anna Berg', nationalNumber: PERMANENT }
  await site.apply({ ...withOne(old), persons: [...keys('P', 20), old], lists: [] })
  const id = (await site.person('A'))?.id
  const held = await site.hold({
    type: 'delta',
    persons: [
      { ...old, recstatus: 3 },
      { ...old, key: 'B', recstatus: 1 },
    ],
  })
  assert.deepEqual(pairs(held), ['person A → B certain, left out'])
  await site.releaseAsRekey(held.run)
  assert.deepEqual([(await site.person('B'))?.id, await site.person('A')], [id, undefined])
})

test('who could be one of two is counted and is no pair', async () => {
  const site = await nights()
  await site.apply(withOne({ ...anna, key: 'A', username: 'a' }))
  const two = ['B', 'C'].map((key): PersonSpec => ({ ...anna, key, username: key }))
  const report = await site.apply(withOne(...two))
  assert.deepEqual([pairs(report), report.keyChurn?.person.ambiguous], [[], 1])
})

test('a first night, and one on which nobody leaves, ask for nobody', async () => {
  const site = await nights()
  await site.apply(withOne())
  const with1 = await site.apply(withOne({ ...anna, key: 'A' }))
  assert.equal(with1.keyChurn, undefined)
})
