import assert from 'node:assert/strict'
import test from 'node:test'
import { undoRun } from '../../src/correction/undo.ts'
import { nights, openNights } from '../import/nights.ts'
import { byTest } from './by-hand.ts'

await openNights()

const first = {
  persons: [{ key: 'P1', username: 'anna' }, 'P2', 'P3'],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'C1', type: 'Course', parent: 'S1' },
  ],
  lists: [{ group: 'C1', members: ['P1', 'P2', { key: 'P3', role: '02' }] }],
}
const withoutP1AndCourse = {
  persons: ['P2', 'P3'],
  groups: [{ key: 'S1', type: 'School' }],
  lists: [],
}

test('an undone removal brings person, memberships and course back as they were', async () => {
  const site = await nights()
  await site.apply(first)
  const before = [await site.person('P1'), await site.memberships(), await site.courses()]
  const { run } = await site.hold(withoutP1AndCourse)
  await site.release(run)
  assert.equal((await site.courses())[0]?.state, 'archived')

  const { report } = await undoRun({ ...byTest(site), run })
  assert.deepEqual(
    [await site.person('P1'), await site.memberships(), await site.courses()],
    before,
  )
  assert.deepEqual(report.changes, [
    { kind: 'course', action: 'restore', n: 1 },
    { kind: 'group', action: 'restore', n: 1 },
    { kind: 'membership', action: 'add', n: 3 },
    { kind: 'person', action: 'restore', n: 1 },
  ])
  assert.deepEqual(await site.journal(report.run), [
    'restore group C1',
    'restore course C1',
    'restore person P1',
  ])
})

test('a plan that repeats what was undone is held, and once released no longer', async () => {
  const site = await nights()
  await site.apply(first)
  const changed = {
    ...first,
    persons: [{ key: 'P1', username: 'anna', name: 'Anna B' }, 'P2', 'P3', 'P4'],
  }
  const { run } = await site.apply(changed)
  const undone = await undoRun({ ...byTest(site), run })
  assert.equal((await site.person('P1'))?.fields['name'], 'Person P1')
  assert.deepEqual(await site.persons(), ['P1', 'P2', 'P3'])

  const held = await site.hold({ ...changed, datetime: '2027-01-01T00:00:00' })
  const finding = held.findings.find(({ code }) => code === 'REPEATS_UNDONE')
  assert.deepEqual([finding?.count, finding?.found], [2, `run ${run}`])
  await site.release(held.run)
  assert.deepEqual(await site.persons(), ['P1', 'P2', 'P3', 'P4'])

  await undoRun({ ...byTest(site), run: held.run })
  const [settled] = await site.query<{ settled: boolean }>(
    'select settled from runs where site_id = $1 and run_id = $2',
    [undone.report.run],
  )
  assert.equal(settled?.settled, true)
})

test('the source that no longer says what was undone goes on as if it had never said it', async () => {
  const site = await nights()
  await site.apply(first)
  const { run } = await site.apply({ ...first, persons: [...first.persons, 'P4'] })
  await undoRun({ ...byTest(site), run })
  const report = await site.apply(first)
  assert.deepEqual([report.tallies.person.removed, report.tallies.person.updated], [0, 0])
})

test('what a later run changed is left as it is, and listed', async () => {
  const site = await nights()
  await site.apply(first)
  const second = {
    ...first,
    persons: [{ key: 'P1', username: 'anna', name: 'B' }, { key: 'P2', name: 'B' }, 'P3'],
  }
  const { run } = await site.apply(second)
  await site.apply({
    ...second,
    persons: [{ key: 'P1', username: 'anna', name: 'C' }, { key: 'P2', name: 'B' }, 'P3'],
  })

  const { report } = await undoRun({ ...byTest(site), run })
  assert.deepEqual(
    report.left.map(({ kind, key, why }) => [kind, key, why]),
    [['person', 'P1', 'changedSince']],
  )
  assert.equal((await site.person('P1'))?.fields['name'], 'C')
  assert.equal((await site.person('P2'))?.fields['name'], 'Person P2')
})

test('a later change that was undone itself stands in nobody’s way', async () => {
  const site = await nights()
  await site.apply(first)
  const named = (name: string): object => ({
    ...first,
    persons: [{ key: 'P1', username: 'anna', name }, 'P2', 'P3'],
  })
  const second = await site.apply(named('B'))
  const third = await site.apply(named('C'))
  await undoRun({ ...byTest(site), run: third.run })
  const { report } = await undoRun({ ...byTest(site), run: second.run })
  assert.deepEqual(report.left, [])
  assert.equal((await site.person('P1'))?.fields['name'], 'Person P1')
})

test('a person whose adding is undone is not in the recycle bin, and his key is free', async () => {
  const site = await nights()
  await site.apply(first)
  const { run } = await site.apply({ ...first, persons: [...first.persons, 'P4'] })
  const before = await site.person('P4')
  await undoRun({ ...byTest(site), run })
  assert.deepEqual([await site.persons(), await site.persons('binned')], [['P1', 'P2', 'P3'], []])

  const again = await site.hold({ ...first, persons: [...first.persons, 'P4'] })
  await site.release(again.run)
  const ids = await site.query<{ id: number; state: string }>(
    `select person_id as id, state from persons where site_id = $1 and key = 'P4' order by id`,
  )
  assert.deepEqual(
    ids.map(({ state }) => state),
    ['undone', 'active'],
  )
  assert.equal(ids[0]?.id, before?.id)
})

test('a person who comes back without the username that somebody else has by now is named', async () => {
  const site = await nights()
  await site.apply(first)
  const gone = await site.apply({
    persons: ['P2', 'P3'],
    groups: first.groups,
    lists: [{ group: 'C1', members: ['P2', { key: 'P3', role: '02' }] }],
  })
  await site.apply({
    persons: [{ key: 'P2', username: 'anna' }, 'P3'],
    groups: first.groups,
    lists: [{ group: 'C1', members: ['P2', { key: 'P3', role: '02' }] }],
  })
  const { report } = await undoRun({ ...byTest(site), run: gone.run })
  const person = await site.person('P1')
  assert.deepEqual([person?.state, person?.username], ['active', null])
  assert.deepEqual(report.withoutUsername, [person?.id])
})

test('a dry run says the same and changes nothing, not even the list of runs', async () => {
  const site = await nights()
  await site.apply(first)
  const { run } = await site.apply({ ...first, persons: [...first.persons, 'P4'] })
  const before = await site.everything()
  const planned = await undoRun({ ...byTest(site, true), run })
  assert.deepEqual([planned.report.outcome, planned.report.run], ['planned', 0])
  assert.deepEqual(
    planned.changes.map(({ kind, action, key }) => [kind, action, key]),
    [['person', 'remove', 'P4']],
  )
  assert.deepEqual(await site.everything(), before)
  const runs = await site.query('select from runs where site_id = $1')
  assert.equal(runs.length, 2)
})

test('a run is undone once, until the undo is undone; a held or refused one never', async () => {
  const site = await nights()
  const { run } = await site.apply(first)
  const undone = await undoRun({ ...byTest(site), run })
  await assert.rejects(undoRun({ ...byTest(site), run }), { code: 'ERR_NOT_UNDOABLE' })
  await undoRun({ ...byTest(site), run: undone.report.run })
  await undoRun({ ...byTest(site), run })
  await assert.rejects(undoRun({ ...byTest(site), run: 1_000_000 }), { code: 'ERR_NOT_FOUND' })
  const refused = await site.import('<enterprise>')
  await assert.rejects(undoRun({ ...byTest(site), run: refused.run }), { code: 'ERR_NOT_UNDOABLE' })
})
