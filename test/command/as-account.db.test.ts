import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { createAccount, giveRole } from '../../src/access/accounts.ts'
import type { AccountRole } from '../../src/access/actor.ts'
import { listAudit, type ListedAction } from '../../src/store/audit.ts'
import { siteNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { quietly } from './quietly.ts'

const { database, config } = await testDatabase()
const home = mkdtempSync(path.join(os.tmpdir(), 'rollcall-as-'))
after(() => rmSync(home, { recursive: true }))
Object.assign(process.env, { DATABASE_URL: config.databaseUrl, ROLLCALL_HOME: home })

const PASSWORD = 'häst batteri klammer'
const NIGHTS = path.join(import.meta.dirname, '../../examples')
const site = await siteNamed(database, 'default')
const ids = new Map<string, number>()
for (const [name, role] of [
  ['anna', 'releaser'],
  ['berit', 'administrator'],
  ['vera', 'viewer'],
] as readonly (readonly [string, AccountRole])[]) {
  const id = await createAccount(database, { name, password: PASSWORD }, new Date())
  await giveRole(database, { id }, site.id, role, new Date())
  ids.set(name, id)
}
await quietly(['import', path.join(NIGHTS, 'night-1.xml')])
await quietly(['import', path.join(NIGHTS, 'night-3.xml')])
const [held] = await database.site(site.id, (session) =>
  session.query<{ id: number }>(`select run_id as id from runs where state = 'held'`),
)
const run = String(held?.id)

const log = (siteId: number): Promise<ListedAction[]> => {
  const list = (session: Parameters<typeof listAudit>[0]): Promise<ListedAction[]> =>
    listAudit(session, siteId, { limit: 5, offset: 0 })
  return siteId === 0 ? database.installation(list) : database.site(siteId, list)
}
const release = (as: string, password = PASSWORD): ReturnType<typeof quietly> =>
  quietly(['release', run, '--consulted', 'registrar', '--as', as, '--json'], `${password}\n`)

test('a wrong password decides nothing, and is in the log of the installation', async () => {
  assert.ok(held !== undefined)
  const { said, code } = await release('anna', 'something else')
  assert.match(said, /ERR_SIGN_IN_REFUSED/)
  assert.equal(code, 1)
  const [note] = await log(0)
  assert.deepEqual(
    [note?.action, note?.phase, note?.detail, note?.values?.['account']],
    ['sign in', 'note', { refused: 'password' }, 'anna'],
  )
})

test('who may only read neither releases nor rejects', async () => {
  assert.match((await release('vera')).said, /ERR_NOT_ALLOWED/)
  const { said } = await quietly(['reject', run, '--reason', 'no', '--as', 'vera'])
  assert.match(said, /ERR_NOT_ALLOWED/)
  const [last] = await log(site.id)
  assert.deepEqual(
    [last?.action, last?.actorId, last?.end?.phase],
    ['reject', ids.get('vera'), 'failed'],
  )
})

test('of two persons the first approves, the second releases, and the log has both', async () => {
  await quietly(['sites', 'set', 'default', '--two-person-release', 'on'])
  const nobody = await quietly(['release', run, '--consulted', 'registrar'])
  assert.match(nobody.said, /ERR_SECOND_PERSON/)
  const first = await release('anna')
  assert.equal(first.code, 3, first.said)
  assert.equal((JSON.parse(first.out) as { approval: { by: string } }).approval.by, 'anna')
  const approved = { by: 'anna', manner: 'whole', consulted: 'registrar' }
  const { out } = await quietly(['run', run, '--json'])
  const [{ at, ...shown } = { at: '' }] = (JSON.parse(out) as { approvals: { at: string }[] })
    .approvals
  assert.deepEqual(shown, approved)
  assert.ok(Math.abs(new Date(at.replace(' ', 'T').concat(':00')).getTime() - Date.now()) < 600_000)
  const text = (await quietly(['run', run])).out
  assert.match(text, /Approved  anna, 20\d\d-.*, the whole plan/)
  assert.match(text, /Another account has to release it in the same way/)
  assert.match((await quietly(['runs'])).out, /held, approved by anna/)
  const second = await release('berit')
  assert.equal((JSON.parse(second.out) as { outcome: string }).outcome, 'released', second.said)
  const entries = await log(site.id)
  assert.deepEqual(
    entries
      .slice(0, 2)
      .map(({ action, actorKind, actorId, end }) => [action, actorKind, actorId, end?.detail]),
    [
      ['release', 'account', ids.get('berit'), { run: held?.id, outcome: 'released' }],
      ['release', 'account', ids.get('anna'), { run: held?.id, outcome: 'approved' }],
    ],
  )
  const [decided] = await database.site(site.id, (session) =>
    session.query<{ decision: { by: string; approvedBy: string } }>(
      'select decision from runs where run_id = $1',
      [held?.id],
    ),
  )
  assert.deepEqual([decided?.decision.by, decided?.decision.approvedBy], ['berit', 'anna'])
})
