import assert from 'node:assert/strict'
import { test } from 'node:test'
import { membershipTable, personTable } from '../../src/command/render-roster.ts'
import { personShown, shownMembership } from '../../src/shown/roster.ts'
import { tableLines } from '../../src/command/table.ts'
import type { MembershipRow } from '../../src/store/membership-queries.ts'
import type { PersonRow } from '../../src/store/roster-queries.ts'

const ada: PersonRow = {
  id: 7,
  key: 'P-7',
  profile: 'student',
  username: 'ada',
  protected: false,
  fields: { name: 'Ada Example', email: 'ada@school.example' },
  schools: ['Norrskolan'],
  source: 'default',
  binnedRun: null,
  binnedAt: null,
}

test('persons are listed with key, name, profile, username, schools and source', () => {
  const { columns, rows } = personTable([personShown(ada, false)], false)
  assert.deepEqual(tableLines(columns, rows), [
    'key  name         profile  username  schools     source',
    'P-7  Ada Example  student  ada       Norrskolan  default',
  ])
})

test('of a protected person the list has key, short id and profile', () => {
  const json = personShown({ ...ada, protected: true }, false)
  const { columns, rows } = personTable([json], false)
  assert.deepEqual(tableLines(columns, rows), [
    'key  name                profile  username  schools  source',
    'P-7  Protected person 7  student',
  ])
  assert.ok(!/Ada|ada|Norrskolan|default/.test(JSON.stringify(json)))
})

test('the recycle bin says when and by which run', () => {
  const { rows } = personTable(
    [personShown({ ...ada, binnedRun: 4, binnedAt: '2026-09-02 02:10:00.5+00' }, true)],
    true,
  )
  assert.equal(rows[0]?.at(-1), '2026-09-02 02:10 run 4')
})

test('the group of a protected member is not shown', () => {
  const row: MembershipRow = {
    groupId: 3,
    groupKey: 'G-1',
    group: '1A',
    school: 'Norrskolan',
    memberKind: 'person',
    personId: 7,
    personKey: 'P-7',
    name: 'Ada Example',
    protected: true,
    role: 'learner',
    active: true,
    begins: null,
    ends: null,
    sources: ['default'],
  }
  const json = shownMembership(row)
  const { rows } = membershipTable([json])
  assert.deepEqual(rows[0], [
    '(not shown)',
    '(not shown)',
    'P-7',
    'Protected person 7',
    'learner',
    'active',
    '',
    '',
    '',
  ])
  assert.ok(!/1A|G-1|Norrskolan|Ada/.test(JSON.stringify(json)))
})
