/** Who gets through to what: every operation, by every kind of caller. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SCOPES, type Scope } from '../../src/access/actor.ts'
import { createToken, endToken } from '../../src/access/tokens.ts'
import { siteById } from '../../src/store/sites.ts'
import { type Operation, pathOf } from '../../src/web/operation.ts'
import { OPERATIONS } from '../../src/web/routes/all.ts'
import { testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'
import { startService } from './service.ts'

/**
 * What each operation takes, once more and by hand: a new one is added here, by somebody who has thought about whom it is for,
 * and one that takes less than before is noticed.
 */
const TAKES: { readonly [takes in Scope | 'installation' | 'token']: string } = {
  deliver: 'show_arrival',
  read: `show_site list_sources show_source list_runs show_run changes_at_school list_persons search_persons list_groups
    search_groups list_courses search_courses list_memberships search_memberships list_relations search_relations list_bin
    search_bin list_archive search_archive explain list_drift list_waiting list_announcements list_recipients list_contacts
    list_mails list_arrivals list_collectors list_collector_presets show_collector show_drop_box list_drop_box_accounts
    show_drop_box_account`,
  release: 'release reject announce withdraw',
  administer: `set_site create_source set_source pause_source resume_source observe_source live_source let_through undo rekey
    merge edit heal add_person add_group remove add_member remove_member restore reopen purge retain add_recipient
    set_recipient remove_recipient remove_contact set_contact send_mail test_mail list_webhooks add_webhook remove_webhook
    test_webhook run_arrivals discard_arrival set_collector remove_collector test_collector fetch add_drop_box_account
    set_drop_box_account remove_drop_box_account lock_drop_box_account unlock_drop_box_account list_accounts create_account
    set_role_of_account set_password_of_account disable_account enable_account remove_account list_tokens create_token
    revoke_token list_audit search_audit verify_audit`,
  // A token of the installation with the scope administer.
  installation: `create_site list_support remove_support set_support list_any_accounts create_operator
    set_role_of_any_account set_password_of_any_account disable_any_account enable_any_account remove_any_account
    list_installation_tokens create_installation_token revoke_installation_token list_installation_audit
    search_installation_audit verify_installation_audit erase_from_audit`,
  // The scope read, of whatever the token is for.
  token: 'list_sites',
}
type Takes = keyof typeof TAKES

const takenBy = new Map(
  Object.entries(TAKES).flatMap(([takes, ids]) =>
    ids.split(/\s+/).map((id) => [id, takes as Takes] as const),
  ),
)

const { database } = await testDatabase()
const [site, other] = [await makeSite(database), await makeSite(database)]
const service = await startService(database, site.deliveriesFolder, { behindProxy: true })
const name = (await siteById(database, site.siteId))?.name ?? ''

/** `through`: the operation, or the check of what it is asked with, was reached. `noSite`: for this token there is no such site. */
type Seen = 'through' | 'unauthenticated' | 'forbidden' | 'noSite'

interface Caller {
  readonly who: string
  readonly token: string | undefined
  readonly expected: (takes: Takes) => Seen
}

/** Who is refused before anything is looked at. */
const nobody = (who: string, token: string | undefined): Caller => ({
  who,
  token,
  expected: () => 'unauthenticated',
})

const ofSite = async (scopes: readonly Scope[]): Promise<Caller> => ({
  who: `a token of the site for ${scopes.join(' and ')}`,
  token: await service.token(site, scopes),
  expected(takes) {
    const scope = takes === 'token' ? 'read' : takes
    return scope !== 'installation' && scopes.includes(scope) ? 'through' : 'forbidden'
  },
})

const ofInstallation = async (scopes: readonly Scope[]): Promise<Caller> => ({
  who: `a token of the installation for ${scopes.join(' and ')}`,
  token: await service.token(0, scopes),
  expected(takes) {
    const scope = takes === 'token' ? 'read' : takes === 'installation' ? 'administer' : takes
    return scopes.includes(scope) ? 'through' : 'forbidden'
  },
})

async function tokenThatEnds(how: 'expired' | 'revoked'): Promise<string> {
  const of = { siteId: site.siteId, name: how, sourceId: null, scopes: SCOPES }
  const [made, end] = [new Date(Date.now() - 86_400_000), new Date(Date.now() - 1000)]
  const expiresAt = how === 'expired' ? end.toISOString() : null
  const { id, token } = await createToken(database, { ...of, expiresAt }, made)
  if (how === 'revoked') await endToken(database, site.siteId, id, end)
  return token
}

const callers: readonly Caller[] = [
  nobody('nobody', undefined),
  nobody('a token that is none', 'rollcall_x'),
  nobody('a token that is unknown', `rollcall_${'A'.repeat(48)}`),
  nobody('a token that has expired', await tokenThatEnds('expired')),
  nobody('a token that was revoked', await tokenThatEnds('revoked')),
  ...(await Promise.all(SCOPES.map((scope) => ofSite([scope])))),
  await ofSite(SCOPES),
  {
    who: 'a token of one source for everything',
    token: await service.token(site, SCOPES, site.sourceId),
    expected: (takes) => (takes === 'deliver' ? 'through' : 'forbidden'),
  },
  {
    who: 'a token of one source that may not deliver',
    token: await service.token(site, ['read', 'release', 'administer'], site.sourceId),
    expected: () => 'forbidden',
  },
  {
    who: 'a token of another site for everything',
    token: await service.token(other, SCOPES),
    expected: (takes) =>
      takes === 'token' ? 'through' : takes === 'installation' ? 'forbidden' : 'noSite',
  },
  ...(await Promise.all(SCOPES.map((scope) => ofInstallation([scope])))),
  await ofInstallation(SCOPES),
]

/** Where an operation is, on things that are not there: nothing is changed by whoever gets through. */
function addressOf(operation: Operation): string {
  return pathOf(operation)
    .replace('{site}', encodeURIComponent(name))
    .replaceAll(/\{(source|user)\}/g, 'nowhere')
    .replaceAll(/\{\w+\}/g, '999999')
}

let addresses = 0

/** Asks with a body that no operation takes. Each request from an address of its own: refused tokens slow an address down. */
async function asked(method: string, where: string, token: string | undefined): Promise<Seen> {
  const from = `198.51.${(addresses >> 8) & 255}.${addresses & 255}`
  addresses += 1
  const body = method === 'get' || method === 'delete' ? undefined : { 'of nobody': true }
  const answer = await service.call(token, method.toUpperCase(), where, body, {
    'x-forwarded-for': from,
  })
  const { title, code } = answer.body
  if (answer.status === 401) return 'unauthenticated'
  if (answer.status === 403 && code === 'FORBIDDEN') return 'forbidden'
  if (answer.status === 404 && title === 'There is no such site for this token') return 'noSite'
  // Whatever comes back is an answer of the operation: done, nothing of that number, a body that it does not take.
  assert.ok(
    [200, 404, 409, 422].includes(answer.status),
    `${where}: ${answer.status} ${String(code)}`,
  )
  return 'through'
}

test('every operation is listed with what it takes, and none that is not there', () => {
  assert.deepEqual([...takenBy.keys()].toSorted(), OPERATIONS.map(({ id }) => id).toSorted())
})

for (const { who, token, expected } of callers) {
  test(`${who} gets through to what is for him, and to nothing else`, async () => {
    const wrong: string[] = []
    for (const operation of OPERATIONS) {
      const takes = takenBy.get(operation.id)
      if (takes === undefined) continue
      const seen = await asked(operation.method, addressOf(operation), token)
      if (seen !== expected(takes)) wrong.push(`${operation.id}: ${seen}, not ${expected(takes)}`)
    }
    assert.deepEqual(wrong, [])
  })
}

describe('an upload', () => {
  for (const { who, token, expected } of callers) {
    test(`is taken from ${who} as the scope deliver has it`, async () => {
      const where = `/api/deliveries?site=${encodeURIComponent(name)}`
      // Without a body there is no delivery.
      const answer = await service.call(token, 'POST', where, Buffer.alloc(0), {
        'x-forwarded-for': `203.0.113.${addresses++ & 255}`,
      })
      const status = { through: 422, unauthenticated: 401, forbidden: 403, noSite: 404 }
      assert.equal(answer.status, status[expected('deliver')])
    })
  }
})
