import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  accountNamed,
  createAccount,
  disableAccount,
  giveRole,
  removeAccount,
} from '../../src/access/accounts.ts'
import { type Release, rejectPlan, releaseOrApprove, releasePlan } from '../../src/import/decide.ts'
import { setSite } from '../../src/store/sites.ts'
import { keys } from './deliveries.ts'
import { type Nights, nights, openNights } from './nights.ts'

await openNights()

const at = new Date('2026-09-10T08:00:00Z')
let accounts = 0

async function account(
  site: Nights,
  role: 'releaser' | 'operator' = 'releaser',
): Promise<{ id: number; name: string }> {
  accounts += 1
  const name = `person${accounts}`
  const id = await createAccount(site.database, { name, password: undefined }, at)
  await giveRole(site.database, { id }, role === 'operator' ? 0 : site.siteId, role, at)
  return { id, name }
}

const full = { persons: keys('P', 30) }
const half = { persons: keys('P', 10) }

async function heldSite(): Promise<{ site: Nights; request: Release }> {
  const site = await nights()
  await site.apply(full)
  const { run } = await site.hold(half)
  await setSite(site.database, site.siteId, { twoPersonRelease: true })
  const { database, siteId } = site
  const request = {
    database,
    siteId,
    run,
    withoutRemovals: false,
    consulted: 'registrar',
    sender: 'somebody',
    now: () => at,
  }
  return { site, request }
}

test('the first of two approves, the second releases, and both are with the decision', async () => {
  const { site, request } = await heldSite()
  const [anna, berit] = [await account(site), await account(site)]
  const first = await releaseOrApprove({ ...request, account: anna, sender: anna.name })
  assert.ok('approval' in first)
  assert.equal(first.approval.by, anna.name)
  assert.equal((await site.persons()).length, 30, 'nothing is applied yet')
  const again = await releaseOrApprove({ ...request, account: anna, sender: anna.name })
  assert.ok('approval' in again, 'the same person twice is one person')
  const second = await releaseOrApprove({ ...request, account: berit, sender: berit.name })
  assert.ok('report' in second)
  assert.equal(second.report.outcome, 'released')
  assert.equal((await site.persons()).length, 10)
  const [run] = await site.query<{ decision: { by: string; approvedBy: string } }>(
    'select decision from runs where site_id = $1 and run_id = $2',
    [request.run],
  )
  assert.deepEqual([run?.decision.by, run?.decision.approvedBy], [berit.name, anna.name])
})

test('without an account, or by no way past the approval, nothing is released', async () => {
  const { site, request } = await heldSite()
  const anna = await account(site)
  await assert.rejects(releaseOrApprove(request), { code: 'ERR_SECOND_PERSON' })
  await assert.rejects(releasePlan(request), { code: 'ERR_SECOND_PERSON' })
  await assert.rejects(releasePlan({ ...request, account: anna }), { code: 'ERR_SECOND_PERSON' })
  await releaseOrApprove({ ...request, account: anna })
  await assert.rejects(releasePlan({ ...request, account: anna }), { code: 'ERR_SECOND_PERSON' })
  await assert.rejects(releasePlan(request), { code: 'ERR_SECOND_PERSON' })
  assert.equal((await site.persons()).length, 30)
})

test('an approval is for one way of releasing', async () => {
  const { site, request } = await heldSite()
  const [anna, berit] = [await account(site), await account(site)]
  await releaseOrApprove({ ...request, account: anna, withoutRemovals: true })
  const other = await releaseOrApprove({ ...request, account: berit })
  assert.ok('approval' in other, 'berit approves the whole')
  const changed = await releaseOrApprove({ ...request, account: anna })
  assert.ok('report' in changed, 'anna joins her')
})

test('it falls away with a new plan', async () => {
  const { site, request } = await heldSite()
  const [anna, berit] = [await account(site), await account(site)]
  await releaseOrApprove({ ...request, account: anna })
  const { run } = await site.hold({ persons: keys('P', 11) })
  await assert.rejects(releaseOrApprove({ ...request, account: berit }), {
    code: 'ERR_PLAN_NOT_HELD',
  })
  const next = await releaseOrApprove({ ...request, run, account: berit })
  assert.ok('approval' in next, 'the new plan needs two again')
})

test('and with a plan that was changed where it lies', async () => {
  const { site, request } = await heldSite()
  const [anna, berit] = [await account(site), await account(site)]
  await releaseOrApprove({ ...request, account: anna })
  await site.query(
    `with changed as (update runs set plan_hash = repeat('0', 64) where site_id = $1 and run_id = $2) select`,
    [request.run],
  )
  const second = await releaseOrApprove({ ...request, account: berit })
  assert.ok('approval' in second, 'what anna has approved is another plan')
})

const LOST: readonly (readonly [
  string,
  (site: Nights, who: { id: number; name: string }) => Promise<unknown>,
])[] = [
  ['loses the role', ({ database, siteId }, who) => giveRole(database, who, siteId, null, at)],
  ['is disabled', ({ database }, who) => disableAccount(database, who, at)],
  [
    'is removed',
    async ({ database }, who) =>
      removeAccount(database, await accountNamed(database, who.name), at),
  ],
]

for (const [what, happens] of LOST) {
  test(`it falls away when who gave it ${what}`, async () => {
    const { site, request } = await heldSite()
    const [anna, berit] = [await account(site), await account(site)]
    await releaseOrApprove({ ...request, account: anna })
    await happens(site, anna)
    assert.ok('approval' in (await releaseOrApprove({ ...request, account: berit })))
  })
}

test('an operator who is one no longer has approved nothing anywhere', async () => {
  const { site, request } = await heldSite()
  const [anna, berit] = [await account(site, 'operator'), await account(site)]
  await releaseOrApprove({ ...request, account: anna })
  await giveRole(site.database, anna, 0, null, at)
  assert.ok('approval' in (await releaseOrApprove({ ...request, account: berit })))
})

test('two at once are one approval and one release, not two releases', async () => {
  const { site, request } = await heldSite()
  const [anna, berit] = [await account(site), await account(site)]
  const both = await Promise.all(
    [anna, berit].map((who) => releaseOrApprove({ ...request, account: who })),
  )
  assert.deepEqual(both.map((each) => Object.keys(each)[0]).toSorted(), ['approval', 'report'])
  assert.equal((await site.persons()).length, 10)
})

test('a rejection needs one, and without the setting so does a release', async () => {
  const { site, request } = await heldSite()
  await rejectPlan({ ...request, reason: 'half is missing' })
  await setSite(site.database, site.siteId, { twoPersonRelease: false })
  const { run } = await site.hold(half)
  assert.ok('report' in (await releaseOrApprove({ ...request, run })))
})
