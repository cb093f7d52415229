import assert from 'node:assert/strict'
import { test } from 'node:test'
import { historyLines } from '../../src/command/render-history.ts'
import { historyJson, type History } from '../../src/shown/history.ts'

const origin = { at: '2026-09-01 02:10:00+00', path: 'x', encoding: 'utf-8' }
const first = { ...origin, run: 1, runKind: 'import', fileName: 'night-1.xml' }
const second = {
  ...origin,
  run: 2,
  runKind: 'import',
  fileName: 'night-2.xml',
  at: '2026-09-02 02:10:00+00',
}

const ada: History = {
  subject: {
    kind: 'person',
    id: 7,
    key: 'P-7',
    state: 'active',
    protected: false,
    source: 'default',
    sent: {
      fields: { username: 'ada', name: 'Ada Sample' },
      extension: ['<bus line="4"/>'],
    },
    edited: {},
    own: { mobile: '+4670' },
    aliases: [{ key: 'P-007', source: 'default' }],
    claims: [{ source: 'evenings', key: 'E-7', joinedBy: 'email' }],
  },
  journal: [
    { kind: 'person', action: 'add', id: 7, key: 'P-7', place: 90, ...first },
    {
      kind: 'person',
      action: 'update',
      id: 7,
      key: 'P-7',
      place: 95,
      before: { name: 'Ada Example' },
      after: { name: 'Ada Sample' },
      ...second,
    },
  ],
  spells: {
    rows: [
      {
        groupKey: 'G-1',
        group: '1A',
        personKey: 'P-7',
        person: 'Ada Sample',
        personId: 7,
        protected: false,
        values: { role: 'learner', active: true, begin: '2026-08-20' },
        place: 400,
        source: 'default',
        from: first,
        to: second,
      },
    ],
    total: 3,
    hidden: 0,
  },
  lines: new Map([[1, new Map([[90, { line: 12, column: 1 }]])]]),
}

test('the history of a person', () => {
  assert.equal(
    historyLines(ada).join('\n'),
    `person P-7  Ada Sample  (active, source default, id 7)
  now
            name      Ada Sample
            username  ada
            mobile    +4670
  not used by the roster, kept as sent
            <bus line="4"/>
  also P-007 (source default)
  claimed as E-7 (source evenings), joined by email
  changes
    2026-09-01 02:10  run 1 night-1.xml line 12  added
    2026-09-02 02:10  run 2 night-2.xml  updated
            name  Ada Example -> Ada Sample
  memberships
    G-1 1A  learner, 2026-08-20 to -
      from 2026-09-01 02:10  run 1 night-1.xml, until 2026-09-02 02:10  run 2 night-2.xml
    and 2 more; --limit lists them`,
  )
})

test('of a protected person the history has runs and fields, no value, name, group or extension data', () => {
  const hidden: History = {
    ...ada,
    subject: { ...ada.subject, protected: true },
    spells: {
      ...ada.spells,
      rows: ada.spells.rows.map((row) => ({ ...row, protected: true, person: null })),
    },
  }
  const text = historyLines(hidden).join('\n')
  assert.match(text, /^person P-7 {2}Protected person 7 /)
  assert.match(text, /name {2}\(protected\) -> \(protected\)/)
  const json = JSON.stringify(historyJson(hidden))
  for (const shown of [text, json])
    assert.ok(!/Ada|ada|\+4670|bus|G-1|1A|default|evenings/.test(shown))
})
