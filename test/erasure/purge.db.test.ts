import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { remove, addPerson } from '../../src/correction/manual.ts'
import { undoRun } from '../../src/correction/undo.ts'
import { connected, testDatabase } from '../database.ts'
import { byTest } from '../correction/by-hand.ts'
import { keys } from '../import/deliveries.ts'
import { keptBytes } from '../import/kept-bytes.ts'
import { assertSound } from '../import/invariants.ts'
import { Nights, nights, openNights } from '../import/nights.ts'
import { openHashes } from '../../src/ims/fingerprint.ts'
import { createSite } from '../../src/store/sites.ts'
import {
  KEY,
  leaveTraces,
  night,
  PERSONAL,
  placesInDatabase,
  purging,
  VALUES,
  written,
} from './vanishing.ts'

await openNights()

const own = await testDatabase()

test('of an erased person nothing is left in any table, nor in the deliveries that are kept', async () => {
  const { id } = await createSite(own.database, 'erased')
  const site = new Nights(own.database, id)
  const folder = site.kept(String(id))
  await leaveTraces(site)
  const before = await placesInDatabase(own.superuser)
  for (const value of [...VALUES, 'a hash'])
    assert.ok(
      before.some((place) => place.value === value),
      value,
    )
  assert.deepEqual([...new Set(before.map(({ column }) => column))].toSorted(), PERSONAL)
  const files = readdirSync(folder)
  assert.equal(files.length, 7)

  const { runs, deadRows } = await purging(site, { name: KEY }, { atOnce: true })
  assert.deepEqual(await placesInDatabase(own.superuser), [])
  const [result] = runs
  const [may] = await site.query<{ vacuum: boolean }>(
    `select current_setting('server_version_num')::int >= 170000 and $1 > 0 as vacuum`,
  )
  assert.deepEqual(
    [result?.report.erasure?.deliveriesDeleted, result?.report.erasure?.remains, deadRows],
    // Before PostgreSQL 17 only the owner of a table may vacuum it: autovacuum does.
    [6, [], may?.vacuum === true ? 'vacuumed' : 'left'],
  )
  const kept = readdirSync(folder)
  assert.equal(kept.length, 1)
  assert.match(keptBytes(path.join(folder, kept[0] ?? '')).toString(), /P12/)
  assert.equal(existsSync(site.kept('')), true)
  await assertSound(site)

  const deliveries = await site.query<{ sha256: string; bytes: number; path: string | null }>(
    'select sha256, bytes, path from deliveries where site_id = $1',
  )
  assert.equal(deliveries.length, 7)
  assert.equal(deliveries.filter((each) => each.path === null && each.sha256 !== '').length, 6)
  const [row] = await site.query<{ state: string; spells: number }>(
    `select state, (select count(*)::int from memberships m where m.site_id = $1 and m.person_id = p.person_id) as spells
     from persons p where site_id = $1 and state = 'erased'`,
  )
  assert.ok((row?.spells ?? 0) > 0, 'his memberships are history, by his number')

  const again = await site.apply(written(night(undefined)))
  assert.equal(again.tallies.person.updated + again.tallies.person.removed, 0)
  await assert.rejects(undoRun({ ...byTest(site), run: result?.report.run ?? 0 }), {
    code: 'ERR_NOT_UNDOABLE',
  })
})

async function hashedInMirror(site: Nights, key: string): Promise<boolean> {
  const hash = Buffer.alloc(8)
  hash.writeBigUInt64LE((await openHashes()).text(key).high)
  const rows = await site.query(
    'select from mirror_blocks where site_id = $1 and position($2::bytea in bytes) > 0',
    [hash],
  )
  return rows.length > 0
}

const first = {
  persons: [...keys('P', 30), { key: 'P99', username: 'p99' }],
  groups: [{ key: 'G1' }],
  lists: [{ group: 'G1', members: [...keys('P', 3), 'P99'] }],
}
const without = {
  ...first,
  persons: keys('P', 30),
  lists: [{ group: 'G1', members: keys('P', 3) }],
}

test('only who has been in the recycle bin for the quarantine is erased, unless at once', async () => {
  const site = await nights()
  await site.apply(first)
  await assert.rejects(purging(site, { name: 'P99' }), /is in the roster/)
  await site.apply(without)
  const early = new Date(Date.UTC(2026, 8, 20))
  await assert.rejects(purging(site, { name: 'P99' }, { now: () => early }), /fewer than 30 days/)
  const dry = await purging(site, { name: 'P99' }, { now: () => early, atOnce: true, dryRun: true })
  assert.deepEqual(await site.persons('binned'), ['P99'])
  assert.equal(dry.runs[0]?.report.erasure?.deliveriesDeleted, 1)
  const { runs } = await purging(
    site,
    { name: 'P99' },
    { now: () => early, atOnce: true, reason: 'demanded' },
  )
  assert.deepEqual(runs[0]?.report.changes, [{ kind: 'person', action: 'erase', n: 1 }])
  assert.deepEqual(await site.persons('binned'), [])
  await assertSound(site)
  await assert.rejects(purging(site, { name: 'P99' }), { code: 'ERR_NOT_FOUND' })
  await assert.rejects(purging(site, { name: `#${runs[0]?.report.erasure?.persons[0]}` }), {
    code: 'ERR_NOT_FOUND',
  })
})

test('who is still sent is erased only at once, and comes back as somebody new', async () => {
  const site = await nights()
  await site.apply(first)
  const was = await site.person('P99')
  await remove({ ...byTest(site), name: 'P99', unlock: true })
  await assert.rejects(purging(site, { name: 'P99' }), /A source still sends the person/)
  const { runs } = await purging(site, { olderThanDays: 30 })
  assert.deepEqual(
    [runs[0]?.report.erasure?.persons, runs[0]?.report.left.map(({ key, why }) => [key, why])],
    [[], [['P99', 'stillSent']]],
  )
  assert.equal(await hashedInMirror(site, 'P99'), true)
  const { runs: at } = await purging(site, { name: 'P99' }, { atOnce: true })
  assert.equal(await hashedInMirror(site, 'P99'), false)
  assert.equal(at[0]?.report.erasure?.deliveriesKept.length, 1, 'the last accepted delivery')
  await assertSound(site)
  const report = await site.apply({ ...first, datasource: 'school' })
  assert.equal(report.tallies.person.added, 1)
  assert.notEqual((await site.person('P99'))?.id, was?.id)
  assert.deepEqual((await site.memberships()).slice(-1), ['G1 P99 learner'])
})

test('a plan that waits and holds him is rejected, one that does not stays', async () => {
  const site = await nights()
  await site.apply(first)
  await site.apply(without)
  const gone = { ...without, persons: keys('P', 3) }
  const stays = await site.hold(gone)
  await purging(site, { name: 'P99' }, { dryRun: true })
  const back = await site.hold({
    ...gone,
    persons: [...keys('P', 3), { key: 'P99', username: 'p99' }],
  })
  const { runs } = await purging(site, { name: 'P99' })
  assert.deepEqual(runs[0]?.report.erasure?.plansRejected, [back.run])
  assert.notEqual(stays.run, back.run)
  assert.equal((await site.query('select from plan_blocks where site_id = $1')).length, 0)
  await assertSound(site)
})

test('all who are in the recycle bin for so long are erased in one go; a value that somebody else has too stays his', async () => {
  const site = await nights()
  const shared = { name: 'Same Name', email: 'family@home.example' }
  const all = {
    persons: [
      ...keys('P', 30),
      { key: 'A1', ...shared },
      { key: 'A2', ...shared },
      { key: 'A3', ...shared },
    ],
  }
  await site.apply(all)
  await site.apply({ persons: [...keys('P', 30), { key: 'A3', ...shared }] })
  const made = await addPerson({ ...byTest(site), profile: 'staff', values: { name: 'By Hand' } })
  await remove({ ...byTest(site), name: `#${made.id}`, unlock: false })
  await assert.rejects(purging(site, { olderThanDays: 29 }), { code: 'ERR_USAGE' })
  const { runs } = await purging(site, { olderThanDays: 30 })
  assert.equal(runs[0]?.report.erasure?.persons.length, 3)
  assert.deepEqual((await site.person('A3'))?.fields['email'], 'family@home.example')
  assert.deepEqual(await site.persons('binned'), [])
  await assertSound(site)
})

test('an earlier run is still undone for everybody else', async () => {
  const site = await nights()
  await site.apply(first)
  const { run } = await site.accept({ ...without, persons: keys('P', 28) })
  await purging(site, { name: 'P99' })
  const { report } = await undoRun({ ...byTest(site), run })
  assert.deepEqual(
    [report.left.map(({ kind, why }) => [kind, why]), await site.persons('binned')],
    [[['membership', 'otherIsNotThere']], []],
  )
  assert.deepEqual((await site.persons()).length, 30)
  await assertSound(site)
})

/** Columns that may hold a text and never one of a person: names of sites and groups, words of ours, hashes of files. */
const IMPERSONAL = [
  // Colleagues whom a site has entered, not those whom sources send.
  'audit.action',
  'audit.actor_kind',
  'audit.detail',
  'audit.digest',
  'audit.hash',
  'audit.phase',
  'audit_cuts.hash',
  'audit_values.salt',
  'approvals.account_name',
  'approvals.consulted',
  'approvals.manner',
  'approvals.plan_hash',
  'contacts.address',
  'contacts.name',
  'contacts.note',
  'contacts.phone',
  'contacts.role',
  'accounts.name',
  'accounts.name_key',
  'accounts.password',
  'account_roles.role',
  'tokens.hash',
  'tokens.name',
  'tokens.scopes',
  'recipients.address',
  'recipients.bounced_because',
  'recipients.language',
  'recipients.name',
  'recipients.started',
  'recipients.what',
  'mails.address',
  'mails.body_html',
  'mails.body_text',
  'mails.error',
  'mails.kind',
  'mails.message_id',
  'mails.name',
  'mails.outcome',
  'mails.status',
  'mails.subject',
  'mails.thread_id',
  'mail_marks.what',
  'collectors.error',
  'collectors.kind',
  'collectors.preset',
  'collectors.schedule',
  'collectors.secrets',
  'collectors.settings',
  'collected.mark',
  'collected.name',
  'collected.sha256',
  'webhooks.secret',
  'webhooks.url',
  'webhook_calls.body',
  'webhook_calls.error',
  // Of senders, which are programs; names of files as they are, until a day after.
  'drop_boxes.keys',
  'drop_boxes.password',
  'drop_boxes.settings',
  'drop_boxes.signed_in_from',
  'drop_boxes.user_name',
  'drop_box_files.holder',
  'drop_box_files.kind',
  'drop_box_files.path',
  'drop_box_files.stored',
  'drop_box_host_keys.algorithm',
  'drop_box_host_keys.private_key',
  'drop_box_host_keys.public_key',
  'leases.holder',
  'leases.what',
  'aliases.kind',
  'announcements.ceilings',
  'announcements.made_by',
  'announcements.schools',
  'changes.action',
  'changes.kind',
  'claims.joined_by',
  'claims.kind',
  'counts.kind',
  'counts.profile',
  'courses.code',
  'courses.key',
  'courses.state',
  'courses.title',
  'arrivals.channel',
  'arrivals.error',
  'arrivals.file_name',
  'arrivals.path',
  'arrivals.sender',
  'deliveries.file_name',
  'deliveries.path',
  'deliveries.sha256',
  'earlier_rows.kind',
  'earlier_rows.part',
  'group_links.member_key',
  'groups.edited',
  'groups.key',
  'events.details',
  'events.kind',
  'groups.kind',
  'groups.own',
  'groups.parent_key',
  'groups.sent',
  'groups.sent_key',
  'groups.state',
  'groups.title',
  'look_again.kind',
  'migrations.hash',
  'migrations.name',
  'mirror_blocks.part',
  'persons.profile',
  'persons.state',
  'plan_blocks.part',
  'problems.code',
  'problems.kind',
  'problems.severity',
  'relations.kind',
  'requests.caller',
  'requests.fingerprint',
  'requests.key',
  'runs.kind',
  'runs.plan_hash',
  'runs.state',
  'sites.name',
  'sites.settings',
  'sources.name',
  'sources.rules',
  'sources.settings',
  'sources.state',
  'waiting.action',
  'suspected_pairs.confidence',
  'suspected_pairs.kind',
  'suspected_pairs.reasons',
  'waiting.fields',
  'waiting.kind',
  'waiting.relation',
]
/** Emptied as well, and tested by themselves: what a problem expected, hashes of keys of those who are still sent. */
const OTHERWISE = [
  'problems.expected',
  'mirror_blocks.bytes',
  'suspected_pairs.old_key',
  'suspected_pairs.new_key',
  'announcements.reason',
  // Deleted with every erasure.
  'requests.answer',
]

test('the erasure knows every column that may hold a text: a new one has to be told whether it is personal', async () => {
  const rows = await connected(own.owner, async (client) => {
    const found = await client.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
       join information_schema.tables using (table_schema, table_name)
       where table_schema = 'public' and table_type = 'BASE TABLE'
         and data_type in ('text', 'json', 'jsonb', 'bytea', 'ARRAY', 'character varying')`,
    )
    return found.rows
  })
  assert.deepEqual(
    rows.map(({ name }) => name).toSorted(),
    [...PERSONAL, ...IMPERSONAL, ...OTHERWISE].toSorted(),
  )
})
