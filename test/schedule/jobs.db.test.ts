import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installJobs, JOBS_SCHEMA, openJobs, type Jobs } from '../../src/schedule/jobs.ts'
import { asOwner } from '../../src/store/owner.ts'
import { connected, testDatabase } from '../database.ts'

const { config, database, owner, app } = await testDatabase()
const open = (): Promise<Jobs> => openJobs(database, (error) => assert.fail(String(error)))

test('before the owner has made the tables of jobs, nothing takes any', async () => {
  await assert.rejects(open(), { code: 'ERR_DATABASE_NOT_MIGRATED' })
})

test('the owner makes them, and making them again changes nothing', async () => {
  await asOwner(config, {}, installJobs)
  await asOwner(config, {}, installJobs)
  const jobs = await open()
  await jobs.stop()
})

test('the restricted role works with them and can change nothing about them', async () => {
  await connected(app, async (client) => {
    for (const text of [
      `create table ${JOBS_SCHEMA}.mine (id int)`,
      `drop table ${JOBS_SCHEMA}.schedule`,
      `alter table ${JOBS_SCHEMA}.queue add column mine int`,
    ]) {
      await assert.rejects(client.query(text), { code: '42501' }, text)
    }
  })
})

test('a site that is called for several times is taken once, and again once that is done', async () => {
  const jobs = await open()
  await jobs.call([3, 4], 'imports')
  await jobs.call([3], 'imports')
  const first = await jobs.take()
  assert.deepEqual([first?.siteId, first?.work], [3, 'imports'])
  await jobs.call([3], 'imports')
  const second = await jobs.take()
  assert.equal(second?.siteId, 4)
  assert.equal(await jobs.take(), undefined)
  for (const job of [first, second]) if (job !== undefined) await jobs.done(job)
  await jobs.call([3], 'imports')
  const again = await jobs.take()
  assert.equal(again?.siteId, 3)
  if (again !== undefined) await jobs.done(again)
  await jobs.stop()
})

test('upkeep comes after imports, and of each there is one a site', async () => {
  const jobs = await open()
  await jobs.call([1, 2], 'upkeep')
  await jobs.call([2], 'imports')
  const taken = []
  for (let job = await jobs.take(); job !== undefined; job = await jobs.take()) {
    taken.push(`${job.work} ${job.siteId}`)
    await jobs.beat(job)
    await jobs.done(job)
  }
  assert.deepEqual(taken, ['imports 2', 'upkeep 1', 'upkeep 2'])
  await jobs.stop()
})

test('the job of a worker that is not heard of is given up, and its site can be called for', async () => {
  const jobs = await open()
  await jobs.call([9], 'imports')
  assert.equal((await jobs.take())?.siteId, 9)
  await connected(owner, (client) =>
    client.query(
      `update ${JOBS_SCHEMA}.job set heartbeat_on = now() - interval '21 seconds' where state = 'active'`,
    ),
  )
  await jobs.watch()
  await jobs.call([9], 'imports')
  assert.equal((await jobs.take())?.siteId, 9)
  await jobs.stop()
})

test('a site with a thousand deliveries holds nobody up: whoever comes meanwhile is next', async () => {
  const jobs = await open()
  const taken: number[] = []
  await jobs.call([1], 'imports')
  // A turn imports one delivery, and calls again where there are more (schedule/turn.ts).
  for (let waiting = 1000; waiting > 0;) {
    const job = await jobs.take()
    assert.ok(job !== undefined)
    taken.push(job.siteId)
    if (job.siteId === 1) waiting -= 1
    if (taken.length === 300) await jobs.call([7], 'imports')
    if (taken.length === 600) await jobs.call([8, 10], 'imports')
    await jobs.done(job)
    if (job.siteId === 1 && waiting > 0) await jobs.call([1], 'imports')
  }
  assert.equal(await jobs.take(), undefined)
  const others = taken.flatMap((siteId, turn) => (siteId === 1 ? [] : [[siteId, turn]]))
  assert.deepEqual(others, [
    [7, 300],
    [8, 600],
    [10, 601],
  ])
  await jobs.stop()
})
