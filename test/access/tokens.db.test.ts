import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { may } from '../../src/access/actor.ts'
import {
  authenticateToken,
  createToken,
  isWellFormed,
  newToken,
  TOKENS_MAX,
} from '../../src/access/tokens.ts'
import { createSite, createSource, siteNamed } from '../../src/store/sites.ts'
import { listTokens, revokeToken } from '../../src/store/tokens.ts'
import { testDatabase } from '../database.ts'

const { database } = await testDatabase()
const now = new Date('2026-11-27T12:00:00Z')
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)
const one = await siteNamed(database, 'default')
const two = await createSite(database, 'second')
const adults = await createSource(database, two.id, 'adults')

const normal = { siteId: one.id, sourceId: null, scopes: ['deliver'] as const, expiresAt: null }

test('a token says what it is, is random, and a typing error in it is seen', () => {
  const token = newToken()
  assert.match(token, /^rollcall_[A-Za-z0-9_-]{48}$/)
  assert.notEqual(token, newToken())
  assert.equal(isWellFormed(token), true)
  for (let at = 9; at < token.length; at++) {
    const other = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    assert.equal(isWellFormed(other), false, `at ${at}`)
  }
  for (const text of [
    '',
    'rollcall_',
    token.toUpperCase(),
    `${token}=`,
    ` ${token}`,
    `${token}\n`,
  ]) {
    assert.equal(isWellFormed(text), false)
  }
})

test('a token is known by its hash alone, with site, source and scopes', async () => {
  const made = { siteId: two.id, name: 'nightly', sourceId: adults.id, expiresAt: null }
  const { id, token } = await createToken(
    database,
    { ...made, scopes: ['deliver', 'read', 'read'] },
    now,
  )
  assert.deepEqual(await authenticateToken(database, token, now), {
    actor: {
      kind: 'token',
      id,
      name: 'nightly',
      siteId: two.id,
      sourceId: adults.id,
      scopes: ['deliver', 'read'],
    },
  })
  const [row] = await database.site(two.id, (session) =>
    session.query<{ hash: Buffer; text: string }>(
      'select hash, to_jsonb(t)::text as text from tokens t where token_id = $1',
      [id],
    ),
  )
  assert.deepEqual(row?.hash, createHash('sha256').update(token).digest())
  assert.ok(!row?.text.includes(token.slice(9)))
})

test('what is malformed, unknown, expired or revoked is refused, each for its reason', async () => {
  const { id, token } = await createToken(
    database,
    { ...normal, name: 'short', expiresAt: later(60).toISOString() },
    now,
  )
  assert.ok('actor' in (await authenticateToken(database, token, later(59))))
  const refused = async (text: string, at = now): Promise<string> => {
    const result = await authenticateToken(database, text, at)
    return 'refused' in result ? result.refused : 'taken'
  }
  assert.equal(await refused(token, later(60)), 'expired')
  assert.equal(await refused(newToken()), 'unknown')
  assert.equal(await refused(`${token}x`), 'malformed')
  const revoke = (): Promise<boolean> =>
    database.site(one.id, (session) => revokeToken(session, one.id, id, now.toISOString()))
  assert.deepEqual([await revoke(), await revoke()], [true, false])
  assert.equal(await refused(token), 'revoked')
  await createToken(database, { ...normal, name: 'short' }, now)
})

test('its last use is written down, once a minute at most', async () => {
  const { id, token } = await createToken(database, { ...normal, name: 'used' }, now)
  const lastUsed = async (): Promise<string | null | undefined> =>
    (await database.site(one.id, (session) => listTokens(session, one.id))).find(
      (each) => each.id === id,
    )?.lastUsedAt
  assert.equal(await lastUsed(), null)
  await authenticateToken(database, token, now)
  await authenticateToken(database, token, later(30))
  assert.equal(await lastUsed(), '2026-11-27 12:00:00+00')
  await authenticateToken(database, token, later(90))
  assert.equal(await lastUsed(), '2026-11-27 12:01:30+00')
})

test('a token of one site never sees another: neither its rows nor its rights', async () => {
  const { token } = await createToken(
    database,
    { ...normal, name: 'all', scopes: ['deliver', 'read', 'release', 'administer'] },
    now,
  )
  const result = await authenticateToken(database, token, now)
  assert.ok('actor' in result)
  for (const right of ['deliver', 'read', 'release', 'administer', 'operate'] as const) {
    assert.equal(may(result.actor, right, { siteId: two.id }), false, right)
    assert.equal(may(result.actor, right, { siteId: one.id }), right !== 'operate', right)
  }
  const seen = await database.site(result.actor.siteId, (session) =>
    session.query<{ n: number }>('select count(*)::int as n from tokens where site_id <> $1', [
      one.id,
    ]),
  )
  assert.deepEqual(seen, [{ n: 0 }])
})

test('a token of the installation is seen by no site', async () => {
  const { token } = await createToken(
    database,
    { ...normal, siteId: 0, name: 'metrics', scopes: ['read'] },
    now,
  )
  const result = await authenticateToken(database, token, now)
  assert.ok('actor' in result && may(result.actor, 'read', { siteId: two.id }))
  for (const { id } of [one, two]) {
    const rows = await database.site(id, (session) =>
      session.query('select from tokens where site_id = 0'),
    )
    assert.equal(rows.length, 0)
  }
})

test('wrong ones are not made', async () => {
  const made = (change: object): Promise<unknown> =>
    createToken(database, { ...normal, name: 'wrong', ...change }, now)
  await assert.rejects(made({ name: '<b>' }), { code: 'ERR_USAGE' })
  await assert.rejects(made({ scopes: [] }), { code: 'ERR_USAGE' })
  await assert.rejects(made({ expiresAt: now.toISOString() }), { code: 'ERR_USAGE' })
  await made({ name: 'Twice' })
  await assert.rejects(made({ name: 'twice' }), { code: 'ERR_USAGE' })
})

test('a site has so many at most, not counting those that are of no use any more', async () => {
  const { id: siteId } = await createSite(database, 'many')
  const make = (name: string, expiresAt: string | null, at = now): Promise<unknown> =>
    createToken(database, { ...normal, siteId, name, expiresAt }, at)
  await make('old', later(1).toISOString())
  for (let n = 1; n < TOKENS_MAX; n++) await make(`n${n}`, null)
  await assert.rejects(make('more', null), { code: 'ERR_USAGE' })
  await make('more', null, later(2))
  await assert.rejects(make('evenMore', null, later(2)), { code: 'ERR_USAGE' })
})
