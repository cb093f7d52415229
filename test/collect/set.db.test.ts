import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { COLLECTOR_PRESETS } from '../../src/collect/presets.ts'
import { ATTEMPTS } from '../../src/collect/limits.ts'
import { runCollector } from '../../src/collect/run.ts'
import { openSecrets } from '../../src/collect/secrets.ts'
import { checkedSettings, SCHEMAS, SECRETS } from '../../src/collect/settings.ts'
import { RollcallError } from '../../src/errors.ts'
import { compileSourceRules } from '../../src/import/source-rules.ts'
import { holdCollector } from '../../src/store/collectors.ts'
import { sourceNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { collecting } from './collecting.ts'

const { database } = await testDatabase()
const RIGHT = { host: 'sftp.example', user: 'kommun' }

describe('a collector', () => {
  test('says what is still missing, and keeps what is there', async () => {
    const collector = await collecting(database)
    const begun = await collector.set({ preset: 'alvis' })
    assert.deepEqual(begun.missing, ['host', 'user', 'password or privateKey (secret)', 'hostKey'])
    const more = await collector.set({ set: RIGHT, secrets: { password: 'hemligt' } })
    assert.deepEqual(more.missing, ['hostKey'])
    const stored = await collector.stored()
    assert.deepEqual(
      [stored?.preset, stored?.kind, stored?.settings],
      ['alvis', 'sftp', { pattern: '*.xml', pick: 'newest', ...RIGHT }],
    )
  })

  test('with settings that do not exist or are out of bounds is refused, each by name', async () => {
    const collector = await collecting(database)
    for (const [set, words] of [
      [{ hots: 'x' }, /there is no setting hots; there are host, /],
      [{ port: '0' }, /port/],
      [{ port: 'ssh' }, /port/],
      [{ idleSeconds: '100000' }, /idleSeconds/],
      [{ pick: 'oldest' }, /pick/],
      [{ hostKey: 'MD5:00' }, /hostKey/],
      [{ host: 'a b' }, /host/],
    ] as const) {
      const change = { kind: 'sftp' as const, set: { ...RIGHT, ...set } }
      await assert.rejects(collector.set(change), (error: RollcallError) => {
        assert.equal(error.code, 'ERR_COLLECTOR_WRONG')
        assert.match(error.message, words)
        return true
      })
    }
    await assert.rejects(
      collector.set({ kind: 'http', set: { url: 'https://a:b@host/' } }),
      /without user or password/,
    )
    await assert.rejects(collector.set({ kind: 'http', set: { url: 'file:///etc/passwd' } }), {
      code: 'ERR_COLLECTOR_WRONG',
    })
    await assert.rejects(
      collector.set({ kind: 'ftp', set: RIGHT, secrets: { privateKey: 'x' } }),
      /there is no secret privateKey/,
    )
    await assert.rejects(collector.set({ set: RIGHT }), /say which kind/)
    await assert.rejects(
      collector.set({ kind: 'sftp', set: RIGHT, schedule: { at: ['25:00'] } }),
      /clock times/,
    )
    assert.equal(await collector.stored(), undefined)
  })

  test('keeps its secrets encrypted, and opens them for its own source only', async () => {
    const collector = await collecting(database)
    await collector.set({ kind: 'sftp', set: RIGHT, secrets: { password: 'hemligt' } })
    const stored = await collector.stored()
    assert.ok(stored?.secrets !== null && stored?.secrets !== undefined)
    assert.ok(!stored.secrets.includes('hemligt'))
    const { siteId, sealing } = collector
    assert.deepEqual(openSecrets(sealing, siteId, stored), { password: 'hemligt' })
    for (const other of [
      () => openSecrets(sealing, siteId + 1, stored),
      () => openSecrets(sealing, siteId, { ...stored, sourceId: stored.sourceId + 1 }),
    ]) {
      assert.throws(other, { code: 'ERR_SECRET_UNREADABLE' })
    }
  })

  test('that is to talk to somebody else forgets the secrets that were for the other', async () => {
    const collector = await collecting(database)
    await collector.set({
      kind: 'sftp',
      set: { ...RIGHT, hostKey: `SHA256:${'A'.repeat(43)}` },
      secrets: { password: 'hemligt' },
    })
    assert.equal((await collector.set({ set: { folder: 'out' } })).forgotten, false)
    for (const set of [{ host: 'evil.example' }, { port: '2222' }, { user: 'other' }]) {
      await collector.set({ set: RIGHT, secrets: { password: 'hemligt' } })
      const { forgotten, missing } = await collector.set({ set })
      assert.equal(forgotten, true)
      assert.deepEqual(missing, ['password or privateKey (secret)', 'hostKey'])
      assert.equal((await collector.stored())?.secrets, null)
    }
  })

  test('is run by one process at a time, and one that died is forgotten', async () => {
    const collector = await collecting(database)
    await collector.set({ kind: 'sftp', set: RIGHT, secrets: { password: 'hemligt' } })
    const { siteId } = collector
    const { id } = await sourceNamed(database, siteId, 'default')
    const hold = (now: string, until: string): Promise<boolean> =>
      database.site(siteId, (session) => holdCollector(session, siteId, id, { now, until }))
    assert.equal(await hold('2026-09-01T00:00:00Z', '2999-09-01T01:00:00Z'), true)
    await assert.rejects(collector.fetch(), { code: 'ERR_NOT_POSSIBLE' })
    assert.equal(await hold('2999-09-01T01:00:00Z', '2999-09-01T02:00:00Z'), true)
  })

  test('that fails by the clock is tried again, and then told once', async () => {
    const collector = await collecting(database)
    const set = { ...RIGHT, host: '127.0.0.1', port: '1', hostKey: `SHA256:${'A'.repeat(43)}` }
    await collector.set({ kind: 'sftp', set, secrets: { password: 'hemligt' } })
    const waits: number[] = []
    const wait = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
    const run = { ...(await collector.run({ wait })), random: () => 0.5 }
    await assert.rejects(runCollector(run), { code: 'ERR_FETCH_UNREACHABLE' })
    assert.deepEqual(waits, [75_000, 150_000])
    const events = await collector.events()
    assert.deepEqual(
      events.map(({ kind, details }) => [kind, details]),
      [['fetch_failed', { code: 'ERR_FETCH_UNREACHABLE', attempts: ATTEMPTS }]],
    )
    assert.equal((await collector.stored())?.failures, ATTEMPTS)
    // What a person has to correct is not tried again.
    await collector.set({ unset: ['host'] })
    const broken = { ...(await collector.run({ wait })), random: () => 0.5 }
    await assert.rejects(runCollector(broken), { code: 'ERR_COLLECTOR_WRONG' })
    assert.equal(waits.length, 2)
    assert.equal((await collector.events()).length, 2)
  })
})

describe('presets', () => {
  for (const preset of COLLECTOR_PRESETS) {
    test(`${preset.name}: settings are right, rules compile, and what is to be filled in exists`, () => {
      const { kind, settings, fill, rules } = preset
      const example = { host: 'host.example', user: 'kommun', program: 'client' }
      const needed = Object.fromEntries(
        Object.entries({ ...example, url: 'https://host.example/v2.0' }).filter(
          ([name]) => name in SCHEMAS[kind].shape,
        ),
      )
      checkedSettings(kind, { ...needed, ...settings })
      compileSourceRules(rules)
      const names = [...Object.keys(SCHEMAS[kind].shape), ...SECRETS[kind]]
      for (const { name } of fill) {
        for (const each of name.split(' or ')) assert.ok(names.includes(each), each)
      }
    })
  }
})
