/** What somebody does by hand between two nights: an undo after a later run, hand edits, new keys known beforehand. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Story } from './commands.ts'
import { change, copyOf, leave, rekey } from './deliveries.ts'
import { Nights } from './nights.ts'
import { came, only } from './numbers.ts'

const story = new Story()
before(() => story.hold())
after(() => story.end())
const nights = new Nights(story)
const { register } = nights

/** A pupil in a class, two courses and the mentor group: four memberships. */
const PUPIL = 'n1-01'

test('a night is undone after a later one: what the later one changed stays, and the source is asked', async () => {
  await nights.tonight()
  const without = copyOf(register)
  leave(without, PUPIL)
  const left = await nights.tonight(without)
  came(
    left,
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   119     0       0       1       119        0
     membership     259   255     0       0       4       255        0`,
  )
  change(without, 'n1-02', { family: 'Asp' })
  came(
    await nights.tonight(without),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         119   119     0       1       0       118        0`,
  )

  const undone = await story.ask('undo', String(left.json['run']), '--reason', 'left by mistake')
  assert.equal(undone.exit, 0)
  assert.deepEqual(undone.json['left'], [])
  assert.deepEqual(undone.json['counts'], [
    { kind: 'membership', action: 'add', n: 4 },
    { kind: 'person', action: 'restore', n: 1 },
  ])
  const [renamed] = await story.roster('persons', '--person', 'n1-02')
  const fields = renamed?.['fields'] as { readonly family?: string } | undefined
  assert.equal(fields?.family, 'Asp')

  // The source still says that he has left: the removal of one person and four memberships comes again.
  came(
    await nights.tonight(without),
    `held, hold, exit 3
                 before after added updated removed unchanged setAside
     person         120   119     0       0       1       119        0
     membership     259   255     0       0       4       255        0
     holds REPEATS_UNDONE changes 5 run 2`,
  )
  const back = copyOf(register)
  change(back, 'n1-02', { family: 'Asp' })
  came(
    await nights.tonight(back),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   120     0       0       0       120        0
     membership     259   259     0       0       0       259        0`,
  )
  change(register, 'n1-02', { family: 'Asp' })
})

test('a hand edit of what the source sends is locked, then drift, then healed', async () => {
  const locked = await story.run(
    'edit',
    'n1-03',
    '--set',
    'email=here@example.org',
    '--set',
    'family=Rönn',
  )
  assert.equal(locked.exit, 1)
  assert.match(locked.err, /The source default sends this: family/)
  assert.match(locked.err, /code: ERR_LOCKED/)
  assert.deepEqual((await story.ask('drift')).json['drift'], [])

  await story.ask('edit', 'n1-03', '--set', 'family=Rönn', '--unlock')
  const { json } = await story.ask('drift')
  assert.deepEqual(
    (json['drift'] as readonly Record<string, unknown>[]).map(only('key', 'here', 'sent')),
    [{ key: 'n1-03', here: { family: 'Rönn' }, sent: { family: 'Alm' } }],
  )
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   120     0       0       0       120        0`,
  )
  assert.equal((await story.ask('drift')).json['total'], 1)
  await story.ask('heal', '--all')
  assert.equal((await story.ask('drift')).json['total'], 0)
})

test('keys that are known to change are given beforehand from a file, and nobody loses anything', async () => {
  const keys = story.write('old;new\nn1-04;2026-n1-04\nN-MA;2026-N-MA\n')
  const courses = (await story.roster('courses', '--group', 'N-MA')).map(only('id', 'members'))
  const planned = await story.ask('rekey', '--pairs', keys, '--dry-run')
  assert.deepEqual([planned.exit, planned.json['outcome']], [0, 'planned'])
  assert.equal((await story.ask('rekey', '--pairs', keys)).exit, 0)

  const renamed = copyOf(register)
  rekey(renamed, 'n1-04', '2026-n1-04')
  for (const records of [renamed.groups, renamed.lists] as Map<string, unknown>[]) {
    records.set('2026-N-MA', records.get('N-MA'))
    records.delete('N-MA')
  }
  came(
    await nights.tonight(renamed),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   120     0       0       0       120        0
     group           17    17     0       0       0        17        0
     course           6     6     0       0       0         6        0
     membership     259   259     0       0       0       259        0`,
  )
  assert.deepEqual(
    (await story.roster('courses', '--group', '2026-N-MA')).map(only('id', 'members')),
    courses,
  )
})
