import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountNamed, createAccount } from '../../src/access/accounts.ts'
import { verifyAudit } from '../../src/access/verify.ts'
import { releaseOrApprove } from '../../src/import/decide.ts'
import { listAudit, type ListedAction } from '../../src/store/audit.ts'
import { setSite, siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { makeSite } from '../import/site.ts'
import { startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database, { limits: 'normal' })
const { siteId } = site
const service = await startService(database, site.deliveriesFolder)
const name = encodeURIComponent((await siteById(database, siteId))?.name ?? '')
const at = `/api/sites/${name}`
const token = await service.token(site, ['deliver', 'read', 'release', 'administer'])
const { run: first } = await site.deliver(deliveryText({ persons: keys('P', 30) }))

const log = (): Promise<ListedAction[]> =>
  database.site(siteId, (session) => listAudit(session, siteId, { limit: 50, offset: 0 }))

test('what a token changes is in the log with what came of it; what it reads or tries is not', async () => {
  await service.call(token, 'GET', `${at}/runs`)
  await service.call(token, 'POST', `${at}/runs/${first}/undo`, { dryRun: true })
  assert.deepEqual(await log(), [])
  const { status } = await service.call(token, 'POST', `${at}/runs/${first}/undo`, {})
  assert.equal(status, 200)
  await service.call(token, 'POST', `${at}/runs/999/undo`, {})
  const found = (await log()).map(({ actorKind, values, end }) => [
    actorKind,
    (values?.['told'] as { run?: number } | undefined)?.run,
    end?.phase,
    end?.detail['error'],
  ])
  assert.deepEqual(found, [
    ['token', 999, 'failed', 'ERR_NOT_FOUND'],
    ['token', first, 'done', undefined],
  ])
})

test('a delivery that a token brings is in it', async () => {
  const text = deliveryText({ persons: keys('P', 31) })
  const response = await fetch(`${service.url}/api/deliveries?site=${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: text,
  })
  const { arrival } = (await response.json()) as { arrival: number }
  const [last] = await log()
  assert.deepEqual([last?.action, last?.end?.detail], ['api deliver', { arrival }])
})

test('a token is nobody where a release needs two persons', async () => {
  await site.deliver(deliveryText({ persons: keys('Q', 40) }))
  const held = await site.send(deliveryText({ persons: keys('Q', 5) }))
  assert.equal(held.outcome, 'held')
  await setSite(database, siteId, { twoPersonRelease: true })
  const asked = { consulted: 'registrar' }
  const { status, body } = await service.call(
    token,
    'POST',
    `${at}/runs/${held.run}/release`,
    asked,
  )
  assert.deepEqual([status, body['code']], [409, 'ERR_SECOND_PERSON'])
  await createAccount(database, { name: 'anna.berg', password: undefined }, new Date())
  const account = await accountNamed(database, 'anna.berg')
  const of = { database, siteId, run: held.run, consulted: 'registrar', withoutRemovals: false }
  await releaseOrApprove({ ...of, account, sender: account.name, now: () => new Date() })
  const shown = await service.call(token, 'GET', `${at}/runs/${held.run}`)
  const [approval] = shown.body['approvals'] as { by: string; manner: string }[]
  assert.deepEqual([approval?.by, approval?.manner], ['anna.berg', 'whole'])
  const list = await service.call(token, 'GET', `${at}/runs?limit=1`)
  assert.deepEqual((list.body['rows'] as { approvals: unknown }[])[0]?.approvals, [approval])
  const { broken } = await database.site(siteId, (session) => verifyAudit(session, siteId))
  assert.equal(broken, undefined)
})
