/** What is applied when: a delayed mode on and off again, a source that is observed first, deltas in line. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Json, Story } from './commands.ts'
import { change, copyOf, leave, personElement, type Person } from './deliveries.ts'
import { Nights } from './nights.ts'
import { came } from './numbers.ts'

const story = new Story()
before(() => story.hold())
after(() => story.end())

/** Pupils in a class, two courses and the mentor group: four memberships each. */
const GOES = 'n1-01'
const CHANGES = 'n1-02'
const LET_GO = 'n1-03'

async function personsOf(of: Story): Promise<number> {
  return (await of.roster('persons')).length
}

test('a delayed mode keeps what goes; switched off, the same bytes take it away', async () => {
  const nights = new Nights(story)
  await nights.tonight()
  const set = await story.ask(
    'sources',
    'set',
    'default',
    '--mode',
    'additions-and-updates',
    '--until',
    '2099-12-31',
  )
  assert.deepEqual([set.json['mode'], set.json['until']], ['additions-and-updates', '2099-12-31'])

  const later = copyOf(nights.register)
  leave(later, GOES)
  leave(later, LET_GO)
  change(later, CHANGES, { family: 'Asp' })
  const sent = nights.next(later)
  const first = await nights.import(sent)
  came(
    first,
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   120     0       1       0       119        0
     membership     259   259     0       0       0       259        0`,
  )
  const { person, membership, profiles } = first.json['waiting'] as Json
  assert.deepEqual(person, { updated: 0, removed: 2 })
  assert.deepEqual(profiles, { student: { updated: 0, removed: 2 } })
  const waits = (membership as { readonly removed: number }).removed
  const waiting = await story.ask('waiting', '--kind', 'person')
  assert.deepEqual(
    (waiting.json['waiting'] as Json[]).map(({ action, key, days }) => [action, key, days]),
    [
      ['remove', GOES, 0],
      ['remove', LET_GO, 0],
    ],
  )

  const dry = await story.ask('let-through', '--key', LET_GO, '--dry-run')
  assert.deepEqual([dry.exit, (dry.json['person'] as Json)['removed']], [0, 1])
  assert.equal(await personsOf(story), 120)
  const through = await story.ask('let-through', '--key', LET_GO)
  assert.deepEqual(through.json['letThrough'], { key: LET_GO, by: 'command line' })
  assert.equal((through.json['person'] as Json)['removed'], 1)
  assert.equal(await personsOf(story), 119)

  await story.ask('sources', 'set', 'default', '--mode', 'everything')
  const rest = await nights.import(sent)
  came(
    rest,
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         119   118     0       0       1       118        0`,
  )
  const removed = [through, rest].map(({ json }) => (json['membership'] as Json)['removed'])
  assert.equal(Number(removed[0]) + Number(removed[1]), waits)
  assert.deepEqual((await story.ask('waiting')).json, { total: 0, waiting: [] })
  came(await nights.import(sent), 'same, pass, exit 0')
})

test('a source is observed for a week and goes live: nothing is applied or held before its first delivery is reviewed', async () => {
  const site = await story.site('watched')
  const nights = new Nights(site)
  await site.ask('sources', 'observe', 'default')
  for (let night = 1; night <= 7; night++) {
    change(nights.register, CHANGES, { family: `Asp ${night}` })
    const { exit, json } = await nights.tonight()
    assert.deepEqual(
      [exit, json['outcome'], (json['person'] as Json)['added']],
      [0, 'observed', 120],
    )
  }
  assert.equal(await personsOf(site), 0)
  const newest = (await site.ask('runs', '--limit', '1')).json['runs'] as Json[]
  assert.equal(newest[0]?.['state'], 'observed')
  const shown = await site.ask(
    'run',
    String(newest[0]?.['run']),
    '--kind',
    'person',
    '--limit',
    '1',
  )
  assert.equal(shown.json['changesTotal'], 120)

  const live = await site.ask('sources', 'live', 'default')
  assert.equal(live.json['reviewNext'], true)
  const held = await nights.tonight()
  assert.deepEqual([held.exit, held.json['outcome']], [3, 'held'])
  const codes = (held.json['findings'] as Json[]).map(({ code }) => code)
  assert.ok(codes.includes('FIRST_DELIVERY'))
  await site.ask('release', String(held.json['run']), '--consulted', 'registrar')
  assert.equal(await personsOf(site), 120)
  assert.equal((await nights.tonight()).json['outcome'], 'applied')
})

test('a delta that is held stops those behind it; rejected, they follow, and a full delivery puts the rest right', async () => {
  const site = await story.site('deltas')
  const nights = new Nights(site)
  const { register } = nights
  await nights.tonight()
  const delta = (text: string): string => {
    nights.next()
    return `<enterprise><properties><datasource>SIS</datasource><type>delta</type><datetime>${nights.datetime}</datetime></properties>${text}</enterprise>`
  }
  const gone = [...register.persons.values()].slice(0, 10)
  const removals = gone.map((person) =>
    personElement(person).replace('<person', '<person recstatus="3"'),
  )
  const held = await nights.import(delta(removals.join('')))
  assert.deepEqual([held.exit, held.json['outcome']], [3, 'held'])

  // Somebody leaves whose delta never comes.
  leave(register, GOES)
  change(register, CHANGES, { family: 'Asp' })
  const queued = await nights.import(delta(personElement(register.persons.get(CHANGES) as Person)))
  assert.deepEqual([queued.exit, queued.json['outcome']], [6, 'queued'])

  const rejected = await site.ask('reject', String(held.json['run']), '--reason', 'export cut off')
  assert.deepEqual(
    (rejected.json['queue'] as Json[]).map(({ run, outcome }) => [run, outcome]),
    [[queued.json['run'], 'applied']],
  )
  const shown = await site.ask('sources', 'show', 'default')
  assert.equal((shown.json['needsFull'] as Json)['run'], held.json['run'])
  const list = await site.run('sources', 'list')
  assert.match(list.out, /needs a full delivery since run \d+/)
  assert.equal(await personsOf(site), 120)

  const full = await nights.tonight()
  came(
    full,
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   119     0       0       1       119        0`,
  )
  assert.equal((await site.ask('sources', 'show', 'default')).json['needsFull'], null)
})

test('while a source is paused its deliveries are kept; resumed, the newest one counts', async () => {
  const site = await story.site('paused')
  const nights = new Nights(site)
  await nights.tonight()
  await site.ask('sources', 'pause', 'default', '--until', '2099-12-31')
  change(nights.register, CHANGES, { family: 'Björk' })
  const first = await nights.tonight()
  assert.deepEqual([first.exit, first.json['outcome']], [6, 'paused'])
  change(nights.register, CHANGES, { family: 'Ceder' })
  const second = await nights.tonight()
  const dry = await site.ask('sources', 'resume', 'default', '--dry-run')
  const runs = (list: unknown): unknown => (list as Json[]).map(({ run }) => run)
  assert.deepEqual(
    [runs(dry.json['next']), runs(dry.json['older'])],
    [[second.json['run']], [first.json['run']]],
  )
  const resumed = await site.ask('sources', 'resume', 'default')
  assert.deepEqual(runs(resumed.json['queue']), [second.json['run']])
  assert.equal(resumed.json['pause'], null)
  const [person] = await site.roster('persons', '--person', CHANGES)
  assert.equal((person?.['fields'] as Json | undefined)?.['family'], 'Ceder')
})
