import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { arrivingFolder, takeIn } from '../../src/import/arrivals.ts'
import { takeTurn } from '../../src/schedule/turn.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { setSite } from '../../src/store/sites.ts'
import { deliveryText, keys } from './deliveries.ts'
import { type Nights, nights, openNights } from './nights.ts'

await openNights()

function come(site: Nights): { file: string; take: () => Promise<number> } {
  const { database, siteId } = site
  const deliveriesFolder = site.kept('')
  const file = path.join(arrivingFolder(deliveriesFolder, siteId), '.part-test')
  writeFileSync(file, deliveryText({ persons: keys('P', 3) }))
  const of = { sourceId: 1, channel: 'upload', sender: 'test', fileName: 'night.xml' } as const
  return {
    file,
    take: () => takeIn({ database, siteId, deliveriesFolder, file, now: () => new Date(), ...of }),
  }
}

function turn(site: Nights): ReturnType<typeof takeTurn> {
  const { database, siteId } = site
  return takeTurn({
    database,
    siteId,
    deliveriesFolder: site.kept(''),
    limits: DEFAULT_READ_LIMITS,
    now: () => new Date(),
    onArrival: () => {},
  })
}

test('a site that does not receive refuses imports and deliveries that come, and says why', async () => {
  const site = await nights()
  await setSite(site.database, site.siteId, { parts: { receive: false, portal: true } })
  await assert.rejects(site.import({ persons: keys('P', 3) }), { code: 'ERR_PART_OFF' })
  assert.deepEqual(await site.query('select from runs where site_id = $1'), [])
  const { file, take } = come(site)
  await assert.rejects(take(), { code: 'ERR_PART_OFF' })
  assert.equal(existsSync(file), true, 'the bytes stay with who brought them')
  await setSite(site.database, site.siteId, { parts: { receive: true } })
  await take()
  assert.equal((await turn(site)).did, 'import')
})

test('what came before waits until the site receives again', async () => {
  const site = await nights()
  await come(site).take()
  await setSite(site.database, site.siteId, { parts: { receive: false } })
  assert.deepEqual(await turn(site), { did: 'nothing', more: false })
  const [arrival] = await site.query<{ attempts: number }>(
    'select attempts from arrivals where site_id = $1',
  )
  assert.equal(arrival?.attempts, 0, 'no attempt is lost')
  await setSite(site.database, site.siteId, { parts: { receive: true } })
  assert.equal((await turn(site)).did, 'import')
})
