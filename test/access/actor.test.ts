import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AccountActor,
  type AccountRole,
  type Actor,
  commandLineActor,
  may,
  type Right,
  RIGHTS,
  senderOf,
  type TokenActor,
} from '../../src/access/actor.ts'

const account = (role: AccountRole, siteId: number): AccountActor => ({
  kind: 'account',
  id: 1,
  name: 'anna',
  roles: [{ siteId, role }],
})
const token: TokenActor = {
  kind: 'token',
  id: 1,
  name: 'nightly',
  siteId: 2,
  sourceId: null,
  scopes: ['deliver', 'read'],
}
const site = { siteId: 2 }

const MAY: readonly (readonly [string, Actor, readonly Right[]])[] = [
  ['a viewer reads', account('viewer', 2), ['read']],
  ['a releaser reads and decides', account('releaser', 2), ['read', 'release']],
  [
    'an administrator does all at his site',
    account('administrator', 2),
    ['deliver', 'read', 'release', 'administer'],
  ],
  ['an operator does everything everywhere', account('operator', 0), RIGHTS],
  ['who is administrator of another site does nothing', account('administrator', 3), []],
  ['an account without roles does nothing', { ...account('viewer', 2), roles: [] }, []],
  ['a token does what its scopes say', token, ['deliver', 'read']],
  ['a token of another site does nothing', { ...token, siteId: 3 }, []],
  ['a token of the installation is for every site', { ...token, siteId: 0 }, ['deliver', 'read']],
  [
    'only a token of the installation that administers operates',
    { ...token, siteId: 0, scopes: ['administer'] },
    ['administer', 'operate'],
  ],
  ['a token of a source does nothing to the whole site', { ...token, sourceId: 5 }, []],
  ['the command line does everything', { kind: 'commandLine', name: 'root' }, RIGHTS],
  ['so does the service', { kind: 'service', name: 'schedule' }, RIGHTS],
]

for (const [says, actor, rights] of MAY) {
  test(says, () => {
    assert.deepEqual(
      RIGHTS.filter((right) => may(actor, right, site)),
      rights,
    )
  })
}

test('a token of a source is for that source alone', () => {
  const own = { ...token, sourceId: 5 }
  assert.deepEqual(
    [5, 6].map((sourceId) => may(own, 'deliver', { siteId: 2, sourceId })),
    [true, false],
  )
})

test('who became another by sudo is who he was before', () => {
  const name = (environment: { [name: string]: string }): string =>
    commandLineActor(environment, () => 'nobody').kind === 'commandLine'
      ? (commandLineActor(environment, () => 'nobody') as { name: string }).name
      : ''
  assert.equal(name({ SUDO_USER: 'anna', LOGNAME: 'root' }), 'anna')
  assert.equal(name({ LOGNAME: 'berit' }), 'berit')
  assert.equal(name({ LOGNAME: '' }), 'nobody')
})

test('deliveries and decisions name the account or token', () => {
  assert.deepEqual(
    [account('viewer', 2), token, commandLineActor({}, () => 'root')].map((each) => senderOf(each)),
    ['anna', 'token nightly', 'command line'],
  )
})
