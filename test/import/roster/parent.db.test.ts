import assert from 'node:assert/strict'
import test from 'node:test'
import type { GroupSpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const persons = ['P1', 'P2']
const tree = (relation: 1 | 2): GroupSpec[] => [
  { key: 'S1', type: 'School' },
  { key: 'A1', parent: 'S1', relation },
  { key: 'B1', parent: 'A1', relation },
]
const CHAIN = ['A1 < S1', 'B1 < A1', 'S1 < site']

test('relation 1 names the parent; where a file has relation 2 only, that does', async () => {
  for (const relation of [1, 2] as const) {
    const site = await nights()
    await site.apply({ persons, groups: tree(relation) })
    assert.deepEqual(await site.tree(), CHAIN)
    assert.equal(await site.schoolOf('B1'), 'S1')
  }
})

test('links to children, beside links to parents, do not turn the tree over', async () => {
  const site = await nights()
  const groups = [
    { key: 'S1', type: 'School', children: ['A1'] },
    { key: 'A1', parent: 'S1', children: ['B1'] },
    { key: 'B1', parent: 'A1' },
  ]
  await site.apply({ persons, groups })
  assert.deepEqual(await site.tree(), CHAIN)
})

test('a root may point to itself', async () => {
  const site = await nights()
  const report = await site.apply({
    persons,
    groups: [
      { key: 'R', parent: 'R' },
      { key: 'A', parent: 'R' },
    ],
  })
  assert.deepEqual(await site.tree(), ['A < R', 'R < site'])
  assert.equal(report.tallies.group.setAside, 0)
})

test('a cycle is a problem of every group in it, and of no other', async () => {
  const site = await nights()
  const groups = [
    ...tree(1),
    { key: 'X', parent: 'Y' },
    { key: 'Y', parent: 'Z' },
    { key: 'Z', parent: 'X' },
  ]
  const report = await site.apply({ persons, groups })
  assert.deepEqual(await site.tree(), CHAIN)
  assert.deepEqual(await site.problems(report.run), [
    'PARENT_CYCLE X',
    'PARENT_CYCLE Y',
    'PARENT_CYCLE Z',
  ])
  assert.equal(report.tallies.group.setAside, 3)
})

test('groups that come to form a cycle stay where they were, those that did not change too', async () => {
  const site = await nights()
  await site.apply({ persons, groups: tree(1) })
  const turned = [
    { key: 'S1', type: 'School' },
    { key: 'A1', parent: 'B1' },
    { key: 'B1', parent: 'A1' },
  ]
  const report = await site.apply({ persons, groups: turned })
  assert.deepEqual(await site.tree(), CHAIN)
  assert.equal(report.tallies.group.setAside, 2)
  assert.equal(report.problems.PARENT_CYCLE, 2)
  const again = await site.apply({ persons, groups: turned })
  assert.deepEqual([again.problems.PARENT_CYCLE, again.tallies.group.setAside], [2, 2])
  await site.apply({ persons, groups: tree(1) })
  assert.deepEqual(await site.tree(), CHAIN)
})

test('the decision which relation names the parent is kept: a different one later holds', async () => {
  const site = await nights()
  await site.apply({ persons, groups: tree(2) })
  const held = await site.hold({ persons, groups: tree(1) })
  assert.deepEqual(
    held.findings.filter(({ code }) => code === 'PARENT_RELATION_CHANGED'),
    [{ code: 'PARENT_RELATION_CHANGED', holds: true, what: 'groups', found: '1', expected: '2' }],
  )
  await site.release(held.run)
  assert.deepEqual(await site.tree(), CHAIN)
  await site.apply({ persons, groups: tree(1) })
})

test('one changed group that links to its children only is no different decision', async () => {
  const site = await nights()
  const groups = (title: string): GroupSpec[] => [
    { key: 'S1', type: 'School', title, children: ['A1'] },
    { key: 'A1', parent: 'S1' },
    { key: 'B1', parent: 'A1' },
  ]
  await site.apply({ persons, groups: groups('Before') })
  await site.apply({ persons, groups: groups('After') })
  assert.deepEqual(await site.tree(), CHAIN)
})

test('rules that say another relation move every group, also those that did not change', async () => {
  const site = await nights({ rules: 'parentRelation: 1' })
  // Every link is written as relation 2: by relation 1 no group has a parent.
  await site.apply({ persons, groups: tree(2) })
  assert.deepEqual(await site.tree(), ['A1 < site', 'B1 < site', 'S1 < site'])
  await site.set({ rules: 'parentRelation: 2' })
  const report = await site.import({ persons, groups: tree(2) })
  if (report.outcome === 'held') await site.release(report.run)
  assert.deepEqual(await site.tree(), CHAIN)
})

test('a group that moves under another parent is updated', async () => {
  const site = await nights()
  await site.apply({ persons, groups: tree(1) })
  const report = await site.apply({
    persons,
    groups: [...tree(1).slice(0, 2), { key: 'B1', parent: 'S1' }],
  })
  assert.equal(report.tallies.group.updated, 1)
  assert.deepEqual(await site.tree(), ['A1 < S1', 'B1 < S1', 'S1 < site'])
})
