import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createSite,
  createSource,
  listSites,
  listSources,
  setSite,
  setSource,
  siteNamed,
  sourceNamed,
} from '../../src/store/sites.ts'
import { connected, testDatabase } from '../database.ts'

const { database, owner } = await testDatabase()

test('the default site and source are there on first use, once, whoever comes first', async () => {
  const sites = await Promise.all([1, 2, 3].map(() => siteNamed(database, 'default')))
  assert.deepEqual(
    sites.map(({ id }) => id),
    [1, 1, 1],
  )
  assert.deepEqual(
    (await listSources(database, 1)).map(({ id, name }) => [id, name]),
    [[1, 'default']],
  )
  assert.equal((await listSites(database)).length, 1)
})

test('a site that is made has a source of its own', async () => {
  const site = await createSite(database, 'Norrskolan')
  assert.equal(site.id, 2)
  assert.equal((await sourceNamed(database, site.id, 'default')).id, 1)
  await assert.rejects(createSite(database, 'Norrskolan'), { code: 'ERR_USAGE' })
})

test('a site whose source cannot be made is not made either', async () => {
  await connected(owner, async (client) => {
    await client.query(`create function refuse_source() returns trigger language plpgsql as
      $$ begin raise exception 'no source' using errcode = 'RC001'; end $$`)
    await client.query(
      'create trigger refuse_source before insert on sources execute function refuse_source()',
    )
  })
  const before = await listSites(database)
  try {
    await assert.rejects(createSite(database, 'Half a site'), { code: 'RC001' })
  } finally {
    await connected(owner, (client) => client.query('drop function refuse_source cascade'))
  }
  assert.deepEqual(await listSites(database), before)
})

test('twenty that are made at once each get a number of their own', async () => {
  const names = Array.from({ length: 20 }, (_, at) => `at once ${at}`)
  const sites = await Promise.all(names.map((name) => createSite(database, name)))
  const [first = 0] = sites.map(({ id }) => id).toSorted((a, b) => a - b)
  assert.deepEqual(
    sites.map(({ id }) => id).toSorted((a, b) => a - b),
    names.map((_, at) => first + at),
  )
  for (const { id } of sites) assert.equal((await sourceNamed(database, id, 'default')).id, 1)

  const sources = await Promise.all(names.map((name) => createSource(database, first, name)))
  assert.deepEqual(
    sources.map(({ id }) => id).toSorted((a, b) => a - b),
    names.map((_, at) => at + 2),
  )
})

test('of twenty that want the same name at once one gets it', async () => {
  const made = await Promise.allSettled(
    Array.from({ length: 20 }, () => 'the same').map((name) => createSite(database, name)),
  )
  const refused = made.filter((each) => each.status === 'rejected')
  assert.deepEqual(
    refused.map(({ reason }) => (reason as { code: string }).code),
    Array.from({ length: 19 }, () => 'ERR_USAGE'),
  )
})

test('names are words, not markup or nothing', async () => {
  for (const name of ['', ' ', '<b>', 'a\nb', 'x'.repeat(101)]) {
    await assert.rejects(createSite(database, name), { code: 'ERR_USAGE' })
  }
})

test('what is not there is told with what is', async () => {
  await assert.rejects(siteNamed(database, 'nowhere'), { code: 'ERR_NOT_FOUND', hint: /default/ })
  await assert.rejects(sourceNamed(database, 1, 'nothing'), {
    code: 'ERR_NOT_FOUND',
    hint: /default/,
  })
})

test('archiving of courses is a setting of the site', async () => {
  await setSite(database, 1, { archiveCourses: false })
  assert.deepEqual((await siteNamed(database, 'default')).settings, { archiveCourses: false })
})

test('limits are set one by one, and go back to their defaults', async () => {
  const source = await createSource(database, 1, 'adults')
  const change = {
    limits: { 'persons.removed': { percent: 10 }, 'groups.removed': { percent: 60, floor: 9 } },
  }
  await setSource(database, 1, source, change)
  await setSource(database, 1, await sourceNamed(database, 1, 'adults'), {
    limits: { 'persons.removed': { floor: 8 } },
    defaultLimits: ['groups.removed'],
  })
  const { settings } = await sourceNamed(database, 1, 'adults')
  assert.deepEqual(settings.limits, { 'persons.removed': { percent: 10, floor: 8 } })
})

test('limits out of bounds are refused by name, all at once, and nothing is changed', async () => {
  const source = await sourceNamed(database, 1, 'default')
  const limits = {
    'persons.removed': { percent: 26 },
    'persons.added': { floor: 501 },
    nothing: { percent: 1 },
  }
  await assert.rejects(setSource(database, 1, source, { limits, rules: 'extends: pifu' }), {
    code: 'ERR_SETTING_OUT_OF_BOUNDS',
    message: /persons\.removed: 26.*\npersons\.added: floor 501.*\nnothing: no such limit/,
  })
  assert.equal((await sourceNamed(database, 1, 'default')).rules, null)
})

test('one site does not see the sources of another', async () => {
  await createSource(database, 2, 'only here')
  await assert.rejects(sourceNamed(database, 1, 'only here'), { code: 'ERR_NOT_FOUND' })
})
