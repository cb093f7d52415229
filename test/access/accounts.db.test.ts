import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountNamed, createAccount } from '../../src/access/accounts.ts'
import type { Actor } from '../../src/access/actor.ts'
import { checkMayGive, checkMayManage } from '../../src/access/site-accounts.ts'
import { createSite } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'

const { database } = await testDatabase()
const now = new Date('2026-09-01T02:00:00Z')
const site = await createSite(database, 'Norrskolan')

test('an account is made together with its role', async () => {
  const role = { siteId: site.id, role: 'releaser' } as const
  const id = await createAccount(database, { name: 'anna.berg', password: undefined, role }, now)
  const account = await accountNamed(database, 'Anna.Berg')
  assert.equal(account.id, id)
  assert.deepEqual(account.roles, [{ ...role, site: 'Norrskolan' }])
})

test('an account whose role cannot be given is not made', async () => {
  // The database lets nobody be an operator of one site.
  const role = { siteId: site.id, role: 'operator' } as const
  await assert.rejects(
    createAccount(database, { name: 'half', password: undefined, role }, now),
    /check constraint/,
  )
  await assert.rejects(accountNamed(database, 'half'), { code: 'ERR_NOT_FOUND' })
})

test('who runs the command line gives every role and manages every account; a token only what is its own', async () => {
  const account = await accountNamed(database, 'anna.berg')
  const commandLine: Actor = { kind: 'commandLine', name: 'root' }
  checkMayGive(commandLine, 0, 'operator')
  checkMayManage(commandLine, 99, account)
  const token: Actor = {
    kind: 'token',
    id: 1,
    name: 'small',
    siteId: site.id,
    sourceId: null,
    scopes: ['read', 'administer'],
  }
  checkMayGive(token, site.id, 'viewer')
  checkMayGive(token, site.id, null)
  checkMayManage(token, site.id, account)
  for (const [siteId, role] of [
    [site.id, 'releaser'],
    [site.id, 'administrator'],
    [99, 'viewer'],
    [0, 'operator'],
  ] as const) {
    assert.throws(() => checkMayGive(token, siteId, role), { code: 'ERR_NOT_ALLOWED' }, role)
  }
  assert.throws(() => checkMayManage(token, 99, account), { code: 'ERR_NOT_ALLOWED' })
})
