/** Nights on which the file is not what it should be, or more changes than usual: what is refused, held, released. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Story, type Json } from './commands.ts'
import { change, copyOf, leave, withoutSchool } from './deliveries.ts'
import { Nights } from './nights.ts'
import { came, only, refusalOf } from './numbers.ts'

const story = new Story()
after(() => story.end())
const nights = new Nights(story)
const { register } = nights

const UNCHANGED = `
              before after added updated removed unchanged setAside
  person         120   120     0       0       0       120        0
  group           17    17     0       0       0        17        0
  course           6     6     0       0       0         6        0
  membership     259   259     0       0       0       259        0
  relation        30    30     0       0       0        30        0`

test('half a file, an empty one and one without records are refused, and touch nothing', async () => {
  await nights.tonight()
  const whole = Buffer.from(nights.next())
  const half = await nights.import(whole.subarray(0, whole.length / 2))
  assert.deepEqual([half.exit, refusalOf(half)], [4, 'ENDS_EARLY'])
  const empty = await nights.import('')
  assert.deepEqual([empty.exit, refusalOf(empty)], [4, 'FILE_EMPTY'])
  const bare = await nights.import('<enterprise></enterprise>')
  assert.deepEqual([bare.exit, refusalOf(bare)], [4, 'ROSTER_EMPTY'])
  came(await nights.import(whole), `applied, pass, exit 0, 0 records read ${UNCHANGED}`)
})

test('bytes that are no text set one record aside; nobody is removed for it', async () => {
  const text = nights.next().replace('Glimt Ek</fn>', 'Glimt E\u0001k</fn>')
  const bytes = Buffer.from(text)
  bytes[bytes.indexOf(1)] = 0xe9
  came(
    await nights.import(bytes),
    `applied, pass, exit 5, 1 records read
                 before after added updated removed unchanged setAside
     person         120   120     0       0       0       120        1
     group           17    17     0       0       0        17        0
     membership     259   259     0       0       0       259        0
     relation        30    30     0       0       0        30        0
     problem BYTES_UNREADABLE 1`,
  )
})

test('a whole file in windows-1252 that says UTF-8 is read so, and held as a change of encoding', async () => {
  // Every character of the register has the same number in both.
  const held = await nights.import(Buffer.from(nights.next(), 'latin1'))
  came(
    held,
    `held, hold, exit 3, 153 records read
                 before after added updated removed unchanged setAside
     person         120   120     0       0       0       120        0
     group           17    17     0       0       0        17        0
     membership     259   259     0       0       0       259        0
     relation        30    30     0       0       0        30        0
     holds ENCODING_CHANGED file windows-1252, was utf-8
     problem ENCODING_FALLBACK 1`,
  )
  const run = String(held.json['run'])
  const rejected = await story.ask('reject', run, '--reason', 'the export was changed by mistake')
  assert.deepEqual([rejected.exit, rejected.json['outcome']], [0, 'rejected'])
  came(await nights.tonight(), `applied, pass, exit 0, 0 records read ${UNCHANGED}`)
})

test('a file older than the last accepted one is refused, unless somebody accepts it', async () => {
  const older = copyOf(register)
  change(older, 'n2-01', { family: 'Björkman' })
  const file = story.write(nights.next(older))
  came(await nights.tonight(), `applied, pass, exit 0, 0 records read ${UNCHANGED}`)

  const refused = await story.ask('import', file)
  assert.deepEqual([refused.exit, refusalOf(refused)], [4, 'OLDER_THAN_ACCEPTED'])
  const one = `applied, pass, exit 0, 1 records read
                 before after added updated removed unchanged setAside
     person         120   120     0       1       0       119        0
     membership     259   259     0       0       0       259        0`
  came(await story.ask('import', file, '--accept-older'), one)
  came(await nights.tonight(), one)
})

test('a held plan is superseded by the next full delivery that is applied, and can no longer be released', async () => {
  const held = await nights.tonight(withoutSchool(register, 'S'))
  assert.deepEqual([held.exit, held.json['outcome']], [3, 'held'])
  came(await nights.tonight(), `applied, pass, exit 0, 0 records read ${UNCHANGED}`)

  const run = String(held.json['run'])
  const { exit, err } = await story.run('release', run, '--consulted', 'registrar')
  assert.equal(exit, 1)
  assert.match(err, /ERR_PLAN_NOT_HELD/)
  const { json } = await story.ask('runs', '--limit', '2')
  assert.deepEqual((json['runs'] as readonly Json[]).map(only('state')), [
    { state: 'applied' },
    { state: 'superseded' },
  ])
})

test('as many leavers as the floor allows pass; one more, and above the limit, is held until released', async () => {
  for (const key of ['n2-08', 'n2-09', 's2-08', 's2-09', 'o2-08']) leave(register, key)
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   115     0       0       5       115        0
     student         72    67     0       0       5        67        0
     membership     259   244     0       0      15       244        0`,
  )
  // 6 of 115 persons are more than 5 %, and 6 of 67 pupils.
  for (const key of ['n2-10', 'n2-11', 's2-10', 's2-11', 'o2-10', 'o2-11']) leave(register, key)
  const numbers = `
                 before after added updated removed unchanged setAside
     person         115   109     0       0       6       109        0
     student         67    61     0       0       6        61        0
     membership     244   226     0       0      18       226        0
     holds TOO_MANY_REMOVED persons 6 of 115
     holds TOO_MANY_REMOVED students 6 of 67`
  const held = await nights.tonight()
  came(held, `held, hold, exit 3 ${numbers}`)
  assert.equal((await story.roster('persons')).length, 115)

  const run = String(held.json['run'])
  came(
    await story.ask('release', run, '--consulted', 'school secretary'),
    `released, hold, exit 0 ${numbers}`,
  )
  assert.equal((await story.roster('persons')).length, 109)
  assert.equal((await story.roster('bin')).length, 11)
  came(
    await nights.tonight(),
    `applied, pass, exit 0, 0 records read
                 before after added updated removed unchanged setAside
     person         109   109     0       0       0       109        0
     membership     226   226     0       0       0       226        0`,
  )
})
