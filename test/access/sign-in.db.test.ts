import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash } from '@node-rs/argon2'
import {
  accountNamed,
  createAccount,
  disableAccount,
  giveRole,
  removeAccount,
  setPassword,
  unlockAccount,
} from '../../src/access/accounts.ts'
import { may } from '../../src/access/actor.ts'
import {
  authenticatePassword,
  SIGN_IN_FAILURES_FREE,
  SIGN_IN_FAILURES_MAX,
} from '../../src/access/sign-in.ts'
import { setPasswordHash } from '../../src/store/accounts.ts'
import { createSite, siteNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'

const { database } = await testDatabase()
const now = new Date('2026-11-27T12:00:00Z')
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)
const RIGHT = 'häst batteri klammer'

async function account(name: string, password = RIGHT): Promise<{ id: number; name: string }> {
  return { id: await createAccount(database, { name, password }, now), name }
}
const signIn = (
  name: string,
  password: string,
  at = now,
): ReturnType<typeof authenticatePassword> => authenticatePassword(database, { name, password }, at)
const outcome = async (name: string, password: string, at = now): Promise<string> => {
  const result = await signIn(name, password, at)
  return 'actor' in result ? 'in' : result.because
}

test('the right password signs in with the roles of every site, whatever the case of the name', async () => {
  const [one, two] = [await siteNamed(database, 'default'), await createSite(database, 'second')]
  const { id } = await account('Anna.Berg')
  await giveRole(database, { id }, one.id, 'releaser', now)
  await giveRole(database, { id }, two.id, 'viewer', now)
  await giveRole(database, { id }, two.id, 'administrator', now)
  const result = await signIn('ANNA.berg', RIGHT)
  assert.ok('actor' in result)
  assert.deepEqual(result.actor, {
    kind: 'account',
    id,
    name: 'Anna.Berg',
    roles: [
      { siteId: one.id, role: 'releaser' },
      { siteId: two.id, role: 'administrator' },
    ],
  })
  assert.equal(may(result.actor, 'administer', { siteId: one.id }), false)
  await giveRole(database, { id }, two.id, null, now)
  const { roles } = await accountNamed(database, 'anna.berg')
  assert.deepEqual(
    roles.map(({ site, role }) => [site, role]),
    [['default', 'releaser']],
  )
})

test('a name that looks the same is taken', async () => {
  await account('åsa')
  await assert.rejects(account('ÅSA'.normalize('NFD')), { code: 'ERR_USAGE' })
})

test('a wrong password, an unknown name and no password are refused alike', async () => {
  await account('wrong')
  await createAccount(database, { name: 'none', password: undefined }, now)
  const answers = await Promise.all([
    signIn('wrong', 'not the right one'),
    signIn('nobody-has-this-name', RIGHT),
    signIn('none', RIGHT),
    signIn('', ''),
  ])
  for (const answer of answers) assert.deepEqual(answer, { refused: 'wrong', because: 'password' })
})

test('a disabled account does not sign in, and does again when enabled', async () => {
  const own = await account('leaver')
  await disableAccount(database, own, now)
  assert.equal(await outcome('leaver', RIGHT), 'password')
  await disableAccount(database, own, null)
  assert.equal(await outcome('leaver', RIGHT), 'in')
  await removeAccount(database, await accountNamed(database, 'leaver'), now)
  assert.equal(await outcome('leaver', RIGHT), 'password')
})

test('wrong passwords lock for longer and longer, and the right one lets go', async () => {
  await account('guessed')
  for (let n = 0; n < SIGN_IN_FAILURES_FREE; n++) await signIn('guessed', 'wrong')
  assert.equal(await outcome('guessed', RIGHT), 'in', 'the free ones cost nothing')
  for (let n = 0; n < SIGN_IN_FAILURES_FREE + 1; n++) await signIn('guessed', 'wrong')
  assert.equal(await outcome('guessed', RIGHT, later(29)), 'locked')
  assert.equal(await outcome('guessed', 'wrong', later(31)), 'password')
  assert.equal(await outcome('guessed', RIGHT, later(31 + 59)), 'locked', 'twice as long')
  assert.equal(await outcome('guessed', RIGHT, later(31 + 61)), 'in')
  assert.equal(await outcome('guessed', RIGHT, later(31 + 62)), 'in')
})

test('many attempts at once are no way round the lock', async () => {
  await account('flooded')
  const answers = await Promise.all(Array.from({ length: 20 }, () => outcome('flooded', 'wrong')))
  assert.equal(answers.filter((each) => each === 'password').length, SIGN_IN_FAILURES_FREE + 1)
})

test('after a hundred failures only an operator unlocks', async () => {
  const { id } = await account('target')
  await database.installation((session) =>
    session.execute('update accounts set failures = $2 where account_id = $1', [
      id,
      SIGN_IN_FAILURES_MAX - 1,
    ]),
  )
  await signIn('target', 'wrong')
  assert.equal(await outcome('target', RIGHT, later(10 * 365 * 86_400)), 'locked')
  await unlockAccount(database, { id })
  assert.equal(await outcome('target', RIGHT), 'in')
})

test('a new password replaces the old one and unlocks', async () => {
  const own = await account('forgetful')
  for (let n = 0; n < SIGN_IN_FAILURES_FREE + 1; n++) await signIn('forgetful', 'wrong')
  await setPassword(database, own, 'another long phrase', now)
  assert.equal(await outcome('forgetful', RIGHT), 'password')
  assert.equal(await outcome('forgetful', 'another long phrase'), 'in')
  await assert.rejects(setPassword(database, own, 'forgetful-1234', now), {
    code: 'ERR_PASSWORD_REFUSED',
  })
})

test('a hash of older parameters is renewed at the next sign-in', async () => {
  const { id } = await account('old')
  const old = await hash(RIGHT, { memoryCost: 8192, timeCost: 1, parallelism: 1 })
  const stored = async (): Promise<string> => {
    const [row] = await database.installation((session) =>
      session.query<{ password: string }>('select password from accounts where account_id = $1', [
        id,
      ]),
    )
    return row?.password ?? ''
  }
  await database.installation((session) => setPasswordHash(session, id, old, now.toISOString()))
  await signIn('old', 'wrong')
  assert.equal(await stored(), old)
  assert.equal(await outcome('old', RIGHT), 'in')
  assert.match(await stored(), /m=19456,t=2,p=1/)
  assert.equal(await outcome('old', RIGHT), 'in')
})

test('no site sees accounts, nor what they may elsewhere', async () => {
  const { id: siteId } = await siteNamed(database, 'default')
  const seen = await database.site(siteId, async (session) => [
    await session.query('select from accounts'),
    await session.query('select from account_roles where site_id <> $1', [siteId]),
  ])
  assert.deepEqual(seen, [[], []])
  await assert.rejects(
    database.site(siteId, (session) =>
      session.execute(
        `insert into account_roles (site_id, account_id, role, given_at) values (0, 1, 'operator', now())`,
      ),
    ),
    { code: '42501' },
  )
})
