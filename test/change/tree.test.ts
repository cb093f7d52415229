import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import {
  detectParentRelation,
  parentKeyOf,
  placeGroups,
  type TreeNode,
} from '../../src/change/tree.ts'

const node = (id: number, parent?: number, more: Partial<TreeNode> = {}): TreeNode => ({
  id,
  key: `G${id}`,
  kind: 'group',
  parentKey: parent === undefined ? undefined : `G${parent}`,
  parentBefore: undefined,
  ...more,
})
const SCHOOL = { kind: 'school' } as const
const NONE = new Map<never, never>()

function placed(
  nodes: readonly TreeNode[],
  gone: ReadonlyMap<number, number | null> = NONE,
): { [id: number]: unknown } {
  const keys = new Map([...gone.keys()].map((id) => [`G${id}`, id]))
  return Object.fromEntries(
    [...placeGroups(nodes, gone, keys)].map(([id, { yearId: _, ...place }]) => [id, place]),
  )
}

test('relation 1 names the parent wherever a group uses it; 2 only where all do', () => {
  assert.equal(detectParentRelation({ ones: 1, twos: 100 }), 1)
  assert.equal(detectParentRelation({ ones: 0, twos: 1 }), 2)
  assert.equal(detectParentRelation({ ones: 0, twos: 0 }), undefined)
})

test('the parent is the first link of that relation; a group that points to itself is a root', () => {
  const links = [
    { relation: 3, key: 'X' },
    { relation: 2, key: 'A' },
    { relation: 1, key: 'B' },
    { relation: 1, key: 'C' },
  ] as const
  const none = (): boolean => false
  assert.equal(parentKeyOf('G', links, 1, none), 'B')
  assert.equal(parentKeyOf('G', links, 2, none), 'A')
  assert.equal(parentKeyOf('B', links, 1, none), undefined)
  assert.equal(parentKeyOf('G', [], 1, none), undefined)
})

test('a group belongs to the nearest school above it, itself included', () => {
  assert.deepEqual(
    placed([node(1, undefined, SCHOOL), node(2, 1), node(3, 2, SCHOOL), node(4, 3), node(5)]),
    {
      1: { parentId: null, schoolId: 1 },
      2: { parentId: 1, schoolId: 1 },
      3: { parentId: 2, schoolId: 3 },
      4: { parentId: 3, schoolId: 3 },
      5: { parentId: null, schoolId: null },
    },
  )
})

test('a group belongs to the nearest year above it; a year itself to the one above that', () => {
  const year = { kind: 'year' } as const
  const places = placeGroups(
    [node(1), node(2, 1, year), node(3, 2), node(4, 3), node(5, 3, year), node(6, 5), node(7, 1)],
    NONE,
    NONE,
  )
  assert.deepEqual(
    [...places].map(([id, { yearId }]) => `${id} in ${yearId}`),
    ['1 in null', '2 in null', '3 in 2', '4 in 2', '5 in 2', '6 in 5', '7 in null'],
  )
})

test('a child whose parent leaves hangs under the nearest ancestor left', () => {
  const gone = new Map<number, number | null>([
    [2, 1],
    [3, 2],
  ])
  assert.deepEqual(placed([node(1, undefined, SCHOOL), node(4, 3, { parentBefore: 3 })], gone), {
    1: { parentId: null, schoolId: 1 },
    4: { parentId: 1, schoolId: 1, trouble: 'left' },
  })
})

test('one whose every ancestor leaves hangs under the site', () => {
  assert.deepEqual(placed([node(2, 1, { parentBefore: 1 })], new Map([[1, null]])), {
    2: { parentId: null, schoolId: null, trouble: 'left' },
  })
})

test('it stays there while its parent is away, and returns with it', () => {
  assert.deepEqual(placed([node(1), node(4, 3, { parentBefore: 1 })]), {
    1: { parentId: null, schoolId: null },
    4: { parentId: 1, schoolId: null, trouble: 'left' },
  })
  assert.deepEqual(
    placed([node(1), node(-2, 1, { key: 'G3' }), node(4, 3, { parentBefore: 1 })])[4],
    {
      parentId: -2,
      schoolId: null,
    },
  )
})

test('a new group whose parent nobody knows hangs under the site', () => {
  assert.deepEqual(placed([node(-2, 9)]), {
    [-2]: { parentId: null, schoolId: null, trouble: 'unknown' },
  })
})

test('all groups of a cycle are in trouble, and those that hang below it are not', () => {
  const places = placed([node(1, 2), node(2, 3), node(3, 1), node(4, 3), node(5)])
  for (const id of [1, 2, 3]) {
    assert.deepEqual(places[id], { parentId: null, schoolId: null, trouble: 'cycle' })
  }
  assert.deepEqual(
    [places[4], places[5]],
    [
      { parentId: 3, schoolId: null },
      { parentId: null, schoolId: null },
    ],
  )
})

test('any tree, deep or wide or in knots, is placed so that every way up ends', () => {
  const parents = fc.array(fc.option(fc.nat({ max: 30 })), { maxLength: 30 })
  fc.assert(
    fc.property(parents, (list) => {
      const nodes = list.map((parent, id) => node(id + 1, parent === null ? undefined : parent + 1))
      const places = placeGroups(nodes, NONE, NONE)
      for (const { id } of nodes) {
        let at: number | null = id
        for (let steps = 0; at !== null; steps++) {
          assert.ok(steps <= nodes.length)
          at = places.get(at)?.parentId ?? null
        }
      }
    }),
  )
})

test('a chain of two thousand groups is placed', () => {
  const nodes = Array.from({ length: 2000 }, (_, id) => node(id + 1, id === 0 ? undefined : id))
  assert.equal(placeGroups(nodes, NONE, NONE).get(2000)?.parentId, 1999)
})
