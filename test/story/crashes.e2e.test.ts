/** Nights on which a run is killed, or meets another one: on a register of 3000 pupils, so that applying takes a while. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Story, type Json } from './commands.ts'
import { change, leave, town } from './deliveries.ts'
import { Nights } from './nights.ts'
import { came, only } from './numbers.ts'

const story = new Story()
after(() => story.end())

const PUPILS = 500
const nights = new Nights(story, town(PUPILS))
const { register } = nights

/** Kills an import when it says that it applies the plan. */
async function killWhileApplying(file: string): Promise<void> {
  const run = story.startHere('import', file, '--json')
  await run.says('applying')
  run.kill('SIGKILL')
  const { exit, out } = await run.ended
  assert.deepEqual({ exit, out }, { exit: null, out: '' })
}

// 6 classes of 500 pupils; 18 teachers, 30 guardians. Each pupil is in a class and two courses, those of N-1 have a
// mentor, each school lists its 6 teachers, each class and course one, and the mentor group its mentor.
const FIRST = `
               before after added updated removed unchanged setAside
  person            0  3048  3048       0       0         0        0
  group             0    17    17       0       0         0        0
  course            0     6     6       0       0         0        0
  membership        0  9531  9531       0       0         0        0
  relation          0    30    30       0       0         0        0`

test('a first import killed in apply leaves the roster empty, and run again comes to the same', async () => {
  const file = story.write(nights.next())
  await killWhileApplying(file)
  assert.deepEqual(await story.roster('persons'), [])
  assert.deepEqual(await story.roster('groups'), [])
  came(await story.ask('import', file), `applied, pass, exit 0 ${FIRST}`)
  assert.equal((await story.roster('memberships')).length, 9531)
})

test('a later night killed in apply leaves the roster as it was, and run again comes to the same', async () => {
  for (let number = 101; number <= 500; number++)
    change(register, `n1-${number}`, { family: 'Alm Ny' })
  for (let number = 401; number <= 500; number++) leave(register, `s2-${number}`)
  const file = story.write(nights.next())
  await killWhileApplying(file)
  assert.equal((await story.roster('persons')).length, 3048)
  assert.equal((await story.roster('persons', '--search', 'Alm Ny')).length, 0)
  assert.equal((await story.roster('memberships', '--group', 'S-2')).length, 501)

  // 400 renamed; 100 left, and with them 3 memberships each.
  came(
    await story.ask('import', file),
    `applied, pass, exit 0
                  before after added updated removed unchanged setAside
     person         3048  2948     0     400     100      2548        0
     group            17    17     0       0       0        17        0
     membership     9531  9231     0       0     300      9231        0
     relation         30    30     0       0       0        30        0`,
  )
  assert.equal((await story.roster('persons', '--search', 'Alm Ny')).length, 400)
})

test('a run that was killed is listed as failed', async () => {
  const { json } = await story.ask('runs')
  assert.deepEqual((json['runs'] as readonly Json[]).map(only('run', 'state')), [
    { run: 4, state: 'applied' },
    { run: 3, state: 'failed' },
    { run: 2, state: 'applied' },
    { run: 1, state: 'failed' },
  ])
})

test('of two runs at the same time on one site the second waits, and finds what the first one did', async () => {
  const site = await story.site('two-at-once')
  const small = new Nights(site, town(PUPILS))
  const [monday, tuesday] = [small.next(), small.next()].map((content) => site.write(content))
  assert.ok(monday !== undefined && tuesday !== undefined)
  const first = site.startHere('import', monday, '--json')
  await first.says('applying')
  const second = await site.ask('import', tuesday)
  const { exit, out } = await first.ended
  came({ exit, json: JSON.parse(out) as Json }, `applied, pass, exit 0 ${FIRST}`)
  came(
    second,
    `applied, pass, exit 0, 0 records read
                  before after added updated removed unchanged setAside
     person         3048  3048     0       0       0      3048        0
     group            17    17     0       0       0        17        0
     membership     9531  9531     0       0       0      9531        0
     relation         30    30     0       0       0        30        0`,
  )
})
