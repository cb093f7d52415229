import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { testDatabase } from '../database.ts'
import { collidingKeys } from '../hostile/colliding-keys.ts'
import { contentsOf, everythingOf } from './contents.ts'
import { GOOD } from './good-file.ts'
import { makeSite, type TestSite } from './site.ts'

const { database } = await testDatabase()
const [one, other] = collidingKeys(2)

/** The good file in which a person or group has another key, with the lists that name it. */
const renamed = (from: string, to: string): string =>
  GOOD.replaceAll(`<id>${from}</id>`, `<id>${to}</id>`)

async function assertRefused(site: TestSite, file: string): Promise<void> {
  const before = await everythingOf(site)
  const report = await site.send(file)
  assert.deepEqual([report.outcome, report.refusal?.code], ['refused', 'KEYS_COLLIDE'])
  assert.deepEqual(await everythingOf(site), before)
}

describe('two keys that were made to have one hash stay two:', () => {
  test('both in one file, of persons', async () => {
    const site = await makeSite(database)
    await assertRefused(site, renamed('P1', one).replaceAll('<id>P2</id>', `<id>${other}</id>`))
  })

  test('one of a person, one of a member that nobody knows', async () => {
    const site = await makeSite(database)
    const file = renamed('P1', one)
    const at = file.lastIndexOf('<id>P9</id>')
    await assertRefused(
      site,
      `${file.slice(0, at)}<id>${other}</id>${file.slice(at + '<id>P9</id>'.length)}`,
    )
  })

  for (const [what, key] of [
    ['person', 'P1'],
    ['group', 'A'],
  ] as const)
    test(`one of a ${what} in the roster, the other of one who is sent in its place`, async () => {
      const site = await makeSite(database)
      assert.equal((await site.send(renamed(key, one))).outcome, 'applied')
      await assertRefused(site, renamed(key, other))
      // The key that is meant goes on being understood.
      const report = await site.send(renamed(key, one).replace('>Åsa Öst<', '>Åsa Vik<'))
      assert.deepEqual([report.outcome, report.tallies.person.updated], ['applied', 1])
    })

  test('one of a person in the roster whose bytes are known, the other of a new member', async () => {
    const site = await makeSite(database)
    await site.send(renamed('P1', one))
    const file = renamed('P1', one)
    const at = file.lastIndexOf(`<id>${one}</id>`)
    await assertRefused(
      site,
      `${file.slice(0, at)}<id>${other}</id>${file.slice(at + one.length + 9)}`,
    )
    assert.equal((await contentsOf(site)).memberships.length, 12)
  })

  test('and a dry run says so', async () => {
    const site = await makeSite(database)
    await site.send(renamed('P1', one))
    assert.equal((await site.plan(renamed('P1', other))).report.refusal?.code, 'KEYS_COLLIDE')
  })
})
