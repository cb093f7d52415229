import assert from 'node:assert/strict'
import test from 'node:test'
import { edit } from '../../src/correction/edit.ts'
import { heal } from '../../src/correction/heal.ts'
import { remove } from '../../src/correction/manual.ts'
import { removeMember } from '../../src/correction/members.ts'
import { undoRun } from '../../src/correction/undo.ts'
import { type DriftRow, listDrift } from '../../src/store/drift.ts'
import { type Nights, nights, openNights } from '../import/nights.ts'
import { byTest } from './by-hand.ts'

await openNights()

const first = {
  persons: [{ key: 'P1', username: 'anna', email: 'a@x.example' }, 'P2'],
  groups: [{ key: 'G1', title: '7A' }],
  lists: [{ group: 'G1', members: ['P1', 'P2'] }],
}

const drift = (site: Nights): Promise<DriftRow[]> =>
  site.database.site(site.siteId, (session) => listDrift(session, site.siteId))

const set = (
  site: Nights,
  name: string,
  values: { readonly [field: string]: string | null },
  unlock = false,
): ReturnType<typeof edit> => edit({ ...byTest(site), name, values, unlock })

test('a field that the source does not send is the user’s own', async () => {
  const site = await nights()
  await site.apply(first)
  await set(site, 'P2', { phone: '+47 22 22 22 22' })
  assert.deepEqual((await site.person('P2'))?.own, { phone: '+47 22 22 22 22' })
  await site.apply({ ...first, persons: [first.persons[0] as string, { key: 'P2', name: 'B' }] })
  assert.deepEqual((await site.person('P2'))?.own, { phone: '+47 22 22 22 22' })
  assert.deepEqual(await drift(site), [])
})

test('a field that the source sends is locked, and says whose it is', async () => {
  const site = await nights()
  await site.apply(first)
  await assert.rejects(set(site, 'P1', { email: 'b@x.example' }), {
    code: 'ERR_LOCKED',
    message: 'The source default sends this: email',
  })
})

test('unlocked it is drift, until the source changes the field', async () => {
  const site = await nights()
  await site.apply(first)
  await set(site, 'P1', { email: 'b@x.example' }, true)
  const [row] = await drift(site)
  assert.deepEqual(
    [row?.key, row?.drift, row?.here, row?.sent],
    ['P1', 'edited', { email: 'b@x.example' }, { email: 'a@x.example' }],
  )

  const other = {
    ...first,
    persons: [{ key: 'P1', username: 'anna', email: 'a@x.example', name: 'B' }, 'P2'],
  }
  await site.apply(other)
  assert.equal((await drift(site)).length, 1, 'another field changed')
  await site.apply({
    ...first,
    persons: [{ key: 'P1', username: 'anna', email: 'c@x.example', name: 'B' }, 'P2'],
  })
  assert.deepEqual(await drift(site), [])
  assert.equal((await site.person('P1'))?.fields['email'], 'c@x.example')
})

test('a username edited by hand is signed in with, and stays through other changes', async () => {
  const site = await nights()
  await site.apply(first)
  await set(site, 'P1', { username: 'anna.b' }, true)
  await site.apply({
    ...first,
    persons: [{ key: 'P1', username: 'anna', email: 'z@x.example' }, 'P2'],
  })
  assert.equal((await site.person('P1'))?.username, 'anna.b')
  await assert.rejects(set(site, 'P2', { username: 'ANNA.B' }), { code: 'ERR_TAKEN' })
})

test('healed, everything is as the source sends it; and that can be undone', async () => {
  const site = await nights()
  await site.apply(first)
  await set(site, 'P1', { email: 'b@x.example', username: 'other' }, true)
  await set(site, 'G1', { title: '7 A' }, true)
  await removeMember({ ...byTest(site), group: 'G1', person: 'P2', unlock: true })
  assert.deepEqual(
    (await drift(site)).map(({ kind, key, personKey }) => [kind, key, personKey]),
    [
      ['person', 'P1', null],
      ['membership', 'G1', 'P2'],
      ['group', 'G1', null],
    ],
  )
  const { report } = await heal({ ...byTest(site), what: 'all' })
  assert.deepEqual(await drift(site), [])
  assert.equal((await site.person('P1'))?.username, 'anna')
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P2 learner'])
  await undoRun({ ...byTest(site), run: report.run })
  assert.equal((await drift(site)).filter(({ drift: how }) => how === 'edited').length, 2)
  assert.equal((await site.person('P1'))?.username, 'other')
})

test('wrong fields and values are refused, all of them named', async () => {
  const site = await nights()
  await site.apply(first)
  await assert.rejects(
    set(site, 'P2', { birthDate: '1.2.2010', nosuch: 'x', profile: 'pupil', name: null }),
    (error: Error) =>
      [
        'birthDate: not YYYY-MM-DD',
        'nosuch: a person has no such field',
        'profile: not one of',
        'name: cannot be empty',
      ].every((part) => error.message.includes(part)),
  )
})

test('a person marked as protected here stays so whatever the source sends', async () => {
  const site = await nights()
  await site.apply(first)
  await edit({ ...byTest(site), name: 'P1', values: {}, protect: true, unlock: false })
  assert.equal((await site.person('P1'))?.protected, true)
  await site.apply({ ...first, persons: [{ key: 'P1', username: 'anna', name: 'B' }, 'P2'] })
  assert.equal((await site.person('P1'))?.protected, true)
  await edit({ ...byTest(site), name: 'P1', values: {}, protect: false, unlock: false })
  assert.equal((await site.person('P1'))?.protected, false)
})

test('a person put into the recycle bin while he is sent stays there until his source says something new', async () => {
  const site = await nights()
  await site.apply(first)
  await assert.rejects(remove({ ...byTest(site), name: 'P1', unlock: false }), {
    code: 'ERR_LOCKED',
  })
  await remove({ ...byTest(site), name: 'P1', unlock: true })
  assert.deepEqual(
    (await drift(site)).map(({ key, drift: how }) => [key, how]),
    [['P1', 'binned']],
  )
  const same = await site.apply({
    ...first,
    lists: [{ group: 'G1', members: ['P1', { key: 'P2', role: '02' }] }],
  })
  assert.deepEqual(
    [await site.persons('binned'), await site.memberships()],
    [['P1'], ['G1 P2 teacher']],
  )
  assert.equal(same.tallies.membership.setAside, 0)
  await site.set({ rules: 'phoneCountryCode: 47' })
  await site.apply(first)
  assert.deepEqual(await site.persons('binned'), ['P1'], 'read anew, he still says the same')

  await site.apply({ ...first, persons: [{ key: 'P1', username: 'anna', name: 'B' }, 'P2'] })
  assert.deepEqual(
    [await site.persons(), await site.memberships()],
    [
      ['P1', 'P2'],
      ['G1 P1 learner', 'G1 P2 learner'],
    ],
  )
})

test('healed, he is back with his memberships, those included that came meanwhile', async () => {
  const site = await nights()
  await site.apply({ ...first, groups: [...first.groups, { key: 'G2' }] })
  await remove({ ...byTest(site), name: 'P1', unlock: true })
  const meanwhile = {
    ...first,
    groups: [...first.groups, { key: 'G2' }],
    lists: [...first.lists, { group: 'G2', members: ['P1'] }],
  }
  await site.apply(meanwhile)
  await heal({ ...byTest(site), what: { name: 'P1' } })
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P2 learner'])
  await site.apply(meanwhile)
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P2 learner', 'G2 P1 learner'])
})
