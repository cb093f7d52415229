import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contactsFor, contactsOf, supportOf } from '../../src/mail/contacts.ts'
import { deleteContact, setContact, type StoredContact } from '../../src/store/contacts.ts'
import { createSite, createSource } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'

const { database } = await testDatabase()
const site = await createSite(database, 'one')
const other = await createSite(database, 'other')
const adults = await createSource(database, site.id, 'adults')
const now = '2026-11-27T12:00:00Z'

const contact = (
  role: StoredContact['role'],
  name: string,
  sourceId: number | null = null,
): Omit<StoredContact, 'id' | 'source'> => ({
  role,
  name,
  sourceId,
  address: `${name}@kommun.example`,
  phone: '08-123',
  note: 'weekdays',
})
const set = (siteId: number, ...contacts: ReturnType<typeof contact>[]): Promise<void> =>
  database.site(siteId, async (session) => {
    for (const each of contacts) await setContact(session, siteId, each, now)
  })
const asked = async (siteId: number, sourceId: number | undefined): Promise<string[]> => {
  const support = await supportOf(database)
  return database.site(siteId, async (session) =>
    contactsFor(await contactsOf(session, siteId, support), sourceId).map(
      ({ role, name }) => `${role} ${name}`,
    ),
  )
}

test('a source’s own contacts come before those of its site, and support is the installation’s', async () => {
  await set(
    site.id,
    contact('it', 'our-it'),
    contact('supplier', 'vendor'),
    contact('supplier', 'adult-vendor', adults.id),
    contact('owner', 'adult-owner', adults.id),
  )
  await database.installation((session) => setContact(session, 0, contact('support', 'desk'), now))
  assert.deepEqual(await asked(site.id, adults.id), [
    'supplier adult-vendor',
    'it our-it',
    'owner adult-owner',
    'support desk',
  ])
  assert.deepEqual(await asked(site.id, 1), ['supplier vendor', 'it our-it', 'support desk'])
  assert.deepEqual(await asked(site.id, undefined), await asked(site.id, 1))
  assert.deepEqual(await asked(other.id, 1), ['support desk'])
})

test('setting a role again replaces who had it; removing leaves the others', async () => {
  await set(other.id, contact('it', 'before'), contact('it', 'after'))
  assert.deepEqual(await asked(other.id, 1), ['it after', 'support desk'])
  const removed = await database.site(other.id, async (session) => {
    const [row] = await contactsOf(session, other.id, [])
    return [
      await deleteContact(session, other.id, row?.id ?? 0),
      await deleteContact(session, other.id, row?.id ?? 0),
    ]
  })
  assert.deepEqual(removed, [true, false])
  assert.deepEqual(await asked(other.id, 1), ['support desk'])
})

test('support is of the installation alone, and everything else of a site', async () => {
  await assert.rejects(set(site.id, contact('support', 'x')), { code: '23514' })
  await assert.rejects(
    database.installation((session) => setContact(session, 0, contact('it', 'x'), now)),
    { code: '23514' },
  )
})
