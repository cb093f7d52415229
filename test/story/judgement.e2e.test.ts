/** Nights that look harmless one by one, changes made known beforehand, new keys for every course, and two sources. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, type Json, Story } from './commands.ts'
import { copyOf, delivery, leave, type Town } from './deliveries.ts'
import { Nights } from './nights.ts'
import { only } from './numbers.ts'

const story = new Story()
before(() => story.hold())
after(() => story.end())

/** How a night ended, and the codes of its findings, those that hold first. */
function ended({ json }: Answer): unknown {
  const findings = json['findings'] as readonly { readonly code: string; readonly holds: boolean }[]
  return [json['outcome'], [...new Set(findings.map(({ code }) => code))].toSorted()]
}

const numbers = ({ json }: Answer, kind: string): unknown => {
  const { added, updated, removed } = json[kind] as Record<string, number>
  return [added, updated, removed]
}

function withLeavers(town: Town, ...pupils: readonly string[]): Town {
  const next = copyOf(town)
  for (const pupil of pupils) leave(next, pupil)
  return next
}

const five = (className: string, from: number): string[] =>
  Array.from({ length: 5 }, (_, index) => `${className}-${String(from + index).padStart(2, '0')}`)

test('five leavers a night pass twice; the third time the week is too much', async () => {
  const nights = new Nights(await story.site('drain'))
  await nights.tonight()
  const gone = [...five('s2', 1)]
  assert.deepEqual(ended(await nights.tonight(withLeavers(nights.register, ...gone))), [
    'applied',
    [],
  ])
  gone.push(...five('s2', 6))
  assert.deepEqual(ended(await nights.tonight(withLeavers(nights.register, ...gone))), [
    'applied',
    [],
  ])
  gone.push(...five('o2', 1))
  // 15 of the 120 who were there a week ago are 12.5 %, and the week allows 10 %.
  const held = await nights.tonight(withLeavers(nights.register, ...gone))
  assert.deepEqual([held.exit, ended(held)], [3, ['held', ['SLOW_DRAIN']]])
  const [finding] = held.json['findings'] as readonly Json[]
  assert.deepEqual([finding?.['what'], finding?.['count'], finding?.['of']], ['persons', 15, 120])
})

test('what was announced passes up to its ceiling, and above it is judged as always', async () => {
  const site = await story.site('announced')
  const nights = new Nights(site)
  await nights.tonight()
  const until = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  const announced = await site.run(
    'announce',
    'create',
    '--ceiling',
    'persons.removed=7',
    '--until',
    until,
    '--reason',
    'a class moves to another municipality',
  )
  assert.equal(announced.exit, 0, announced.err)
  const eight = [...five('s2', 1), 's2-06', 's2-07', 's2-08']
  const held = await nights.tonight(withLeavers(nights.register, ...eight))
  assert.deepEqual(ended(held), ['held', ['ANNOUNCED', 'TOO_MANY_REMOVED']])
  const seven = await nights.tonight(withLeavers(nights.register, ...eight.slice(0, 7)))
  assert.deepEqual(ended(seven), ['applied', ['ANNOUNCED']])
  assert.deepEqual(numbers(seven, 'person'), [0, 0, 7])
})

test('every course gets a new key in one night: held, released as rekey, and nobody loses anything', async () => {
  const site = await story.site('renamed')
  const nights = new Nights(site)
  await nights.tonight()
  const before = (await site.roster('courses')).map(only('id', 'title', 'members'))
  const renamed = copyOf(nights.register)
  for (const records of [renamed.groups, renamed.lists] as Map<string, unknown>[]) {
    const courses = [...records].filter(
      ([key]) => nights.register.groups.get(key)?.type === 'course',
    )
    for (const [key, record] of courses) {
      records.delete(key)
      records.set(`${key}-2026`, record)
    }
  }
  const held = await nights.tonight(renamed)
  assert.equal(held.json['outcome'], 'held')
  const churn = (held.json['findings'] as readonly Json[]).filter(
    ({ code }) => code === 'KEY_CHURN',
  )
  assert.deepEqual(churn.map(only('what', 'count')), [{ what: 'groups', count: 6 }])

  const run = String(held.json['run'])
  const released = await site.ask('release', run, '--as-rekey', '--consulted', 'registrar')
  assert.equal(released.exit, 0)
  assert.deepEqual(numbers(released, 'course'), [0, 6, 0])
  assert.deepEqual(numbers(released, 'membership'), [0, 0, 0])
  assert.deepEqual((await site.roster('courses')).map(only('id', 'title', 'members')), before)
  assert.deepEqual(await site.roster('archive'), [])
  const next = await nights.tonight(renamed)
  assert.deepEqual(
    [ended(next), numbers(next, 'group')],
    [
      ['applied', []],
      [0, 0, 0],
    ],
  )
})

test('of a pupil whom two sources send nothing is lost when his owner stops, and he goes when both have', async () => {
  const site = await story.site('two')
  const nights = new Nights(site)
  await nights.tonight()
  assert.equal((await site.run('sources', 'create', 'evening')).exit, 0)
  const evening: Town = { persons: new Map(), groups: new Map(), lists: new Map() }
  const pupil = nights.register.persons.get('s2-01')
  assert.ok(pupil)
  evening.persons.set(pupil.key, { ...pupil, username: 'evening-01' })
  evening.groups.set('E', { title: 'Evening school', type: 'class' })
  evening.lists.set('E', new Map([[pupil.key, { role: '01' }]]))
  const send = (town: Town, day: string): Promise<Answer> =>
    site.ask('import', site.write(delivery(town, `2024-08-${day}T03:00:00`)), '--source', 'evening')
  const first = await send(evening, '10')
  assert.deepEqual(ended(first), ['held', ['FIRST_DELIVERY']])
  const released = await site.ask('release', String(first.json['run']), '--consulted', 'registrar')
  assert.equal((await site.roster('persons', '--person', 's2-01'))[0]?.['source'], 'default')
  assert.equal(released.json['outcome'], 'released')

  const stopped = await nights.tonight(withLeavers(nights.register, 's2-01'))
  assert.deepEqual(numbers(stopped, 'person'), [0, 1, 0])
  const [kept] = await site.roster('persons', '--person', 's2-01')
  assert.equal(kept?.['source'], 'evening')
  assert.deepEqual((await site.roster('memberships', '--person', 's2-01')).length, 1)

  const other = copyOf(evening)
  leave(other, 's2-01')
  other.persons.set('e-1', {
    key: 'e-1',
    given: 'Ny',
    family: 'Kväll',
    username: 'e-1',
    profile: 'Student',
  })
  other.lists.get('E')?.set('e-1', { role: '01' })
  const both = await send(other, '12')
  if (both.json['outcome'] === 'held') {
    await site.ask('release', String(both.json['run']), '--consulted', 'registrar')
  }
  assert.deepEqual(
    (await site.roster('bin')).map(({ key }) => key),
    ['s2-01'],
  )
})
