import assert from 'node:assert/strict'
import test from 'node:test'
import type { PersonSpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1']
const rest = ['P7', 'P8', 'P9']
const named = (key: string, username?: string): PersonSpec =>
  username === undefined ? { key } : { key, username }
const PATTERN = "usernames: '{given:3}{family:3}'"
const ida = { key: 'P1', given: 'Ida', family: 'Berg' }

async function usernames(site: Awaited<ReturnType<typeof nights>>): Promise<(string | null)[]> {
  const rows = await site.query<{ username: string | null }>(
    `select username from persons where site_id = $1 and key < 'P7' order by key`,
  )
  return rows.map(({ username }) => username)
}

test('two persons may swap their usernames in one night', async () => {
  const site = await nights()
  await site.apply({ persons: [named('P1', 'a'), named('P2', 'b'), ...rest], groups })
  const report = await site.apply({
    persons: [named('P1', 'b'), named('P2', 'a'), ...rest],
    groups,
  })
  assert.deepEqual([report.tallies.person.updated, await usernames(site)], [2, ['b', 'a']])
})

test('a username passes from one who leaves to one who comes', async () => {
  const site = await nights()
  await site.apply({ persons: [named('P1', 'anna'), ...rest], groups })
  // Whether the two are one person is asked; they are not.
  await site.release((await site.hold({ persons: [named('P2', 'anna'), ...rest], groups })).run)
  assert.equal((await site.person('P2'))?.username, 'anna')
  // He returns without it, for it is someone else's now, who sends it too: both are set aside.
  const both = await site.apply({
    persons: [named('P1', 'anna'), named('P2', 'anna'), ...rest],
    groups,
  })
  assert.deepEqual([both.tallies.person.setAside, await site.persons('binned')], [2, ['P1']])
})

test('a username passes from one who changes it to one who comes', async () => {
  const site = await nights()
  await site.apply({ persons: [named('P1', 'anna'), ...rest], groups })
  await site.apply({ persons: [named('P1', 'anna.b'), named('P2', 'anna'), ...rest], groups })
  assert.deepEqual(await usernames(site), ['anna.b', 'anna'])
})

test('one that is no longer sent is its owner’s: another who comes with it goes without', async () => {
  const site = await nights()
  await site.apply({ persons: [named('P1', 'anna'), ...rest], groups })
  const report = await site.apply({ persons: [named('P1'), named('P2', 'anna'), ...rest], groups })
  assert.deepEqual(
    [await usernames(site), await site.problems(report.run)],
    [['anna', null], ['USERNAME_TAKEN P2']],
  )
  // Nothing of P1 changes on the next night: it is his all the same, and neither of them is a duplicate.
  const again = await site.apply({ persons: [named('P1'), named('P2', 'anna'), ...rest], groups })
  assert.deepEqual(
    [await usernames(site), await site.problems(again.run)],
    [['anna', null], ['USERNAME_TAKEN P2']],
  )
})

test('who went without gets it as soon as it is free', async () => {
  const site = await nights({ rules: 'absentField: keep' })
  await site.apply({ persons: [named('P1', 'anna'), ...rest], groups })
  await site.apply({ persons: [named('P1'), named('P2', 'anna'), ...rest], groups })
  assert.deepEqual(await usernames(site), ['anna', null])
  const report = await site.apply({ persons: [named('P2', 'anna'), ...rest], groups })
  assert.equal((await site.person('P2'))?.username, 'anna')
  assert.deepEqual([report.tallies.person.removed, report.tallies.person.updated], [1, 1])
  assert.equal(
    (await site.apply({ persons: [named('P2', 'anna'), ...rest], groups })).recordsRead,
    0,
  )
})

test('restored with his username taken meanwhile he comes without one, as a problem', async () => {
  const site = await nights({ rules: PATTERN })
  await site.apply({ persons: [{ ...ida, username: 'idaber' }, ...rest], groups })
  await site.apply({ persons: rest, groups })
  // The pattern gives the free name to somebody else.
  await site.apply({ persons: [{ key: 'P2', given: 'Ida', family: 'Berger' }, ...rest], groups })
  assert.equal((await site.person('P2'))?.username, 'idaber')
  const persons = [
    { ...ida, username: 'idaber' },
    { key: 'P2', given: 'Ida', family: 'Berger' },
    ...rest,
  ]
  const report = await site.apply({ persons, groups })
  assert.deepEqual(await site.problems(report.run), ['USERNAME_TAKEN P1'])
  const person = await site.person('P1')
  assert.deepEqual([person?.state, person?.username], ['active', null])
})

test('a pattern makes a username once; it never changes', async () => {
  const site = await nights({ rules: PATTERN })
  const twin = { key: 'P2', given: 'Ida', family: 'Bergan' }
  await site.apply({ persons: [ida, twin, ...rest], groups })
  assert.deepEqual(await usernames(site), ['idaber', 'idaber2'])
  await site.apply({ persons: [{ ...ida, family: 'Holm' }, twin, ...rest], groups })
  assert.deepEqual(await usernames(site), ['idaber', 'idaber2'])
  await site.apply({ persons: [twin, ...rest], groups })
  await site.apply({ persons: [ida, twin, ...rest], groups })
  assert.deepEqual(await usernames(site), ['idaber', 'idaber2'])
})

test('a made username does not take one that the delivery sends', async () => {
  const site = await nights({ rules: PATTERN })
  await site.apply({ persons: [ida, { key: 'P2', username: 'idaber' }, ...rest], groups })
  assert.deepEqual(await usernames(site), ['idaber2', 'idaber'])
})

test('someone who changes and keeps a made username does not lose it to one who comes with it', async () => {
  const site = await nights({ rules: PATTERN })
  await site.apply({ persons: [ida, ...rest], groups })
  const report = await site.apply({
    persons: [{ ...ida, name: 'Renamed' }, { key: 'P2', username: 'idaber' }, ...rest],
    groups,
  })
  assert.deepEqual(
    [await usernames(site), await site.problems(report.run)],
    [['idaber', null], ['USERNAME_TAKEN P2']],
  )
})

test('without a pattern nobody gets a username', async () => {
  const site = await nights()
  await site.apply({ persons: [ida, ...rest], groups })
  assert.deepEqual(await usernames(site), [null])
})

test('in a delta a username cannot be taken from one who is not in it', async () => {
  const site = await nights()
  await site.apply({ persons: [named('P1', 'anna'), ...rest], groups })
  const report = await site.apply({ type: 'delta', persons: [named('P2', 'anna')] })
  assert.deepEqual(
    [await usernames(site), await site.problems(report.run)],
    [['anna', null], ['USERNAME_TAKEN P2']],
  )
})

test('the full delivery after it sets both aside, for it holds the username twice', async () => {
  const site = await nights()
  await site.apply({ persons: [named('P1', 'anna'), ...rest], groups })
  await site.apply({ type: 'delta', persons: [named('P2', 'anna')] })
  const report = await site.apply({
    persons: [named('P1', 'anna'), named('P2', 'anna'), ...rest],
    groups,
  })
  assert.deepEqual([report.tallies.person.setAside, await usernames(site)], [2, ['anna', null]])
})

test('a pattern that comes later names those who are there already, once', async () => {
  const site = await nights()
  await site.apply({ persons: [ida, ...rest], groups })
  assert.equal((await site.person('P1'))?.username, null)
  await site.set({ rules: PATTERN })
  const report = await site.apply({ persons: [ida, ...rest], groups })
  assert.equal((await site.person('P1'))?.username, 'idaber')
  assert.deepEqual(report.findings, [])
  const again = await site.apply({ persons: [ida, ...rest], groups })
  assert.deepEqual([again.tallies.person.updated, again.recordsRead], [0, 0])
})
