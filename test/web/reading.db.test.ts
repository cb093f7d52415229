/** What is said to change nothing is asked where nothing can be changed; everything else stands in the audit log. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/connect.ts'
import { siteById } from '../../src/store/sites.ts'
import { type Operation, pathOf, readsOnly } from '../../src/web/operation.ts'
import { OPERATIONS } from '../../src/web/routes/all.ts'
import { connected, roles, testDatabase } from '../database.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { makeSite } from '../import/site.ts'
import { type Service, startService } from './service.ts'

const { database, config, superuser } = await testDatabase()
const site = await makeSite(database)
const { run } = await site.deliver(deliveryText({ persons: keys('P', 3), groups: ['G1'] }))
const service = await startService(database, site.deliveriesFolder)
const name = (await siteById(database, site.siteId))?.name ?? ''
const token = await service.token(0, ['deliver', 'read', 'release', 'administer'])
const reading = OPERATIONS.filter(readsOnly)

/** What those that search need. */
const BODIES: { readonly [id: string]: object } = {
  changes_at_school: { school: 'G1' },
  explain: { key: 'P1' },
}

async function ask(by: Service, operation: Operation): Promise<number> {
  const where = pathOf(operation)
    .replace('{site}', encodeURIComponent(name))
    .replace('{source}', 'default')
    .replace('{run}', String(run))
    .replaceAll(/\{\w+\}/g, '999999')
  const body = operation.method === 'get' ? undefined : (BODIES[operation.id] ?? {})
  return (await by.call(token, operation.method.toUpperCase(), where, body)).status
}

/** There is none of those. */
const OF_NOTHING = ['show_arrival', 'show_collector', 'show_drop_box_account']

test('operations that change nothing answer where nothing can be changed', async () => {
  const database_ = new URL(config.databaseUrl ?? '').pathname.slice(1)
  const set = (to: string): Promise<unknown> =>
    connected(superuser, (client) =>
      client.query(`alter role ${roles.app} in database ${database_} ${to}`),
    )
  // The keys of the drop box are made by whoever looks first; when a token was used is written down once a minute.
  for (const operation of reading) await ask(service, operation)
  await database.installation((session) =>
    session.execute(`update tokens set last_used_at = now() + interval '1 day' where site_id = 0`),
  )
  await set('set default_transaction_read_only = on')
  try {
    const fixed = await openDatabase(config)
    after(() => fixed.close())
    const readOnly = await startService(fixed, site.deliveriesFolder)
    const made = await readOnly.call(token, 'POST', '/api/sites', { name: 'No site' })
    assert.equal(made.status, 500, 'the test is one')
    for (const operation of reading) {
      const expected = OF_NOTHING.includes(operation.id) ? 404 : 200
      assert.equal(await ask(readOnly, operation), expected, operation.id)
    }
  } finally {
    await set('reset default_transaction_read_only')
  }
})

test('operations that are no mere reading are in the audit log, or say that they write into it themselves', () => {
  const unlogged = OPERATIONS.filter(
    (each) => each.method !== 'get' && each.scope !== 'read' && each.audit !== undefined,
  )
  assert.deepEqual(
    unlogged.map(({ id, audit }) => [id, audit]),
    [
      ['search_audit', 'reads'],
      ['search_installation_audit', 'reads'],
      ['erase_from_audit', 'itself'],
    ],
  )
})

test('what was only read stands in no log', async () => {
  for (const siteId of [0, site.siteId]) {
    const list = (session: Parameters<typeof listAudit>[0]): ReturnType<typeof listAudit> =>
      listAudit(session, siteId, { limit: 10, offset: 0 })
    const entries = await (siteId === 0 ? database.installation(list) : database.site(siteId, list))
    assert.deepEqual(
      entries.filter(({ action, end }) => end?.phase !== 'failed' || action !== 'api create_site'),
      [],
    )
  }
})
