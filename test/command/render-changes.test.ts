import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeLines } from '../../src/command/render-changes.ts'
import { changeJson, type ShownChange } from '../../src/shown/changes.ts'

const update: ShownChange = {
  kind: 'person',
  action: 'update',
  id: 7,
  key: 'P-7',
  place: 120,
  before: { name: 'Ada Example', email: 'ada@a.example' },
  after: { name: 'Ada Sample', email: null },
}
const lines = new Map([[120, { line: 31, column: 3 }]])

test('an update is shown field by field, before and after, with its line', () => {
  assert.deepEqual(changeLines([update], lines), [
    'updated   person  P-7  Ada Sample  (line 31)',
    '            name   Ada Example -> Ada Sample',
    '            email  ada@a.example -> -',
  ])
})

test('additions show what they add; removals whom they remove', () => {
  const added: ShownChange = {
    kind: 'group',
    action: 'add',
    id: -2,
    key: 'G-1',
    after: { title: '1A', level: '1' },
  }
  const removed: ShownChange = {
    kind: 'course',
    action: 'archive',
    id: 4,
    key: 'C-1',
    name: 'Mathematics',
  }
  assert.deepEqual(changeLines([added, removed]), [
    'added     group  G-1  1A',
    '            title  1A',
    '            level  1',
    'archived  course  C-1  Mathematics',
  ])
})

test('a membership names the member and the group', () => {
  const change: ShownChange = {
    kind: 'membership',
    action: 'update',
    id: 3,
    key: 'G-1',
    otherKey: 'P-7',
    before: { role: 'learner', active: true },
    after: { role: 'teacher', active: true },
  }
  assert.deepEqual(changeLines([change]), [
    'updated   membership  P-7 in G-1',
    '            role  learner -> teacher',
  ])
})

test('of a protected person the key, the fields and a short id are shown, no value', () => {
  const shown = changeLines([{ ...update, protected: true }]).join('\n')
  assert.match(shown, /person {2}P-7 {2}Protected person 7/)
  assert.match(shown, /email {2}\(protected\) -> -/)
  assert.ok(!/Ada|example/.test(shown))
})

test('a person who becomes protected is so at once: the name before is hidden too', () => {
  const change: ShownChange = {
    ...update,
    before: { name: 'Ada Example', protected: false },
    after: { name: 'Eva Sample', protected: true },
  }
  assert.ok(!/Ada|Eva/.test(changeLines([change]).join('\n')))
  assert.ok(!/Ada|Eva/.test(JSON.stringify(changeJson(change))))
})

test('the group of a protected member is hidden, for it tells the school', () => {
  const change: ShownChange = {
    kind: 'membership',
    action: 'add',
    id: 3,
    key: 'G-1',
    otherKey: 'P-7',
    protected: true,
    after: { role: 'learner' },
  }
  assert.deepEqual(changeLines([change]), ['added     membership  P-7 in (group not shown)'])
  const json = changeJson(change)
  assert.ok(!JSON.stringify(json).includes('G-1'))
  assert.equal(json['id'], undefined)
})
