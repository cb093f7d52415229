import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { type Collecting, collecting, folder } from './collecting.ts'
import { noSshd, PASSPHRASE, startSshd, type TestSshd } from './sshd.ts'

const { database } = await testDatabase()
const ssh = path.join(folder, 'ssh')
fs.mkdirSync(ssh)
// Where there is none, every test that would use it is left out.
const sshd = noSshd === false ? await startSshd(ssh) : ({} as TestSshd)
after(() => sshd.stop?.())

const FIRST = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })
const SECOND = deliveryText({ persons: ['P1', 'P2', 'P3'], groups: ['G1'] })
let folders = 0

/** A source that fetches from an empty folder of the server. */
async function fetching(more: { readonly [name: string]: string } = {}): Promise<{
  readonly collector: Collecting
  readonly put: (name: string, text: string, at?: string) => void
  readonly names: () => string[]
  readonly there: string
}> {
  const there = path.join(folder, `out-${++folders}`)
  fs.mkdirSync(there)
  const collector = await collecting(database)
  await collector.set({
    kind: 'sftp',
    set: {
      host: '127.0.0.1',
      port: `${sshd.port}`,
      user: sshd.user,
      folder: there,
      hostKey: sshd.fingerprint,
      ...more,
    },
    secrets: { privateKey: sshd.key },
  })
  const put = (name: string, text: string, at = '2026-09-01T00:00:00Z'): void => {
    fs.writeFileSync(path.join(there, name), text)
    fs.utimesSync(path.join(there, name), new Date(at), new Date(at))
  }
  return { collector, put, names: () => fs.readdirSync(there).toSorted(), there }
}

describe('a file on an SFTP server', { skip: noSshd }, () => {
  test('is fetched, waits as a delivery of the collector, and is imported', async () => {
    const { collector, put, names } = await fetching()
    put('export.xml', FIRST)
    const { deliveries } = await collector.fetch()
    assert.deepEqual(
      deliveries.map(({ fileName, bytes }) => [fileName, bytes]),
      [['export.xml', Buffer.byteLength(FIRST)]],
    )
    assert.deepEqual(await collector.texts(), [FIRST])
    const [arrival] = await collector.waiting()
    assert.deepEqual([arrival?.channel, arrival?.sender], ['collector', 'collector (sftp)'])
    const report = await collector.import(deliveries[0]?.arrivalId ?? 0)
    // The first delivery of a source waits for a person, however it came.
    assert.equal(report?.outcome, 'held')
    assert.deepEqual(names(), ['export.xml'], 'it is left there')
    assert.deepEqual(collector.arriving(), [])
    const stored = await collector.stored()
    assert.deepEqual([stored?.error, stored?.failures, stored?.runningUntil], [null, 0, null])
  })

  test('is fetched over the API from the very address that was looked at', async () => {
    const { collector, put } = await fetching()
    put('export.xml', FIRST)
    const { fingerprint: hostKey, key: privateKey } = sshd
    const set = { host: 'no-such-name.invalid', hostKey }
    await collector.set({ set, secrets: { privateKey }, overApi: true })
    const reachOverApi = (): Promise<string> => Promise.resolve('127.0.0.1')
    assert.equal((await collector.fetch({ reachOverApi })).deliveries.length, 1)
  })

  test('is not fetched again until it is another one, unless it is asked for', async () => {
    const { collector, put } = await fetching()
    put('export.xml', FIRST)
    assert.equal((await collector.fetch()).deliveries.length, 1)
    assert.equal((await collector.fetch()).deliveries.length, 0)
    assert.ok(collector.said.includes('files: no new file'))
    assert.equal((await collector.fetch({ again: true })).deliveries.length, 1)
    put('export.xml', FIRST, '2026-09-02T00:00:00Z')
    assert.deepEqual(await collector.fetch(), { deliveries: [], unchanged: 1 })
    put('export.xml', SECOND, '2026-09-03T00:00:00Z')
    assert.equal((await collector.fetch()).deliveries.length, 1)
    await collector.set({ set: { deliverUnchanged: 'yes' } })
    put('export.xml', SECOND, '2026-09-04T00:00:00Z')
    assert.equal((await collector.fetch()).deliveries.length, 1)
  })

  test('is not forgotten for as long as it lies there, and is not delivered anew', async () => {
    const { collector, put, there } = await fetching({ pick: 'all' })
    put('export-1.xml', FIRST)
    put('export-2.xml', SECOND)
    assert.equal((await collector.fetch()).deliveries.length, 2)
    const days = (n: number) => () => new Date(Date.now() + n * 86_400_000)
    assert.equal((await collector.fetch({ now: days(100) })).deliveries.length, 0)
    assert.equal((await collector.fetch({ now: days(101) })).deliveries.length, 0)
    // One that was gone for so long is another one when it comes.
    fs.rmSync(path.join(there, 'export-1.xml'))
    assert.equal((await collector.fetch({ now: days(102) })).deliveries.length, 0)
    put('export-1.xml', FIRST)
    const { deliveries } = await collector.fetch({ now: days(103) })
    assert.deepEqual(
      deliveries.map(({ fileName }) => fileName),
      ['export-1.xml'],
    )
  })

  test('is the newest of its pattern by the clock over there, or every new one in order', async () => {
    const { collector, put } = await fetching({ pattern: 'export-*.xml' })
    put('export-a.xml', FIRST, '2026-09-02T00:00:00Z')
    put('export-b.xml', SECOND, '2026-09-01T00:00:00Z')
    put('other.xml', '<other/>', '2026-09-03T00:00:00Z')
    const names = async (): Promise<string[]> =>
      (await collector.fetch({ again: true })).deliveries.map(({ fileName }) => fileName)
    assert.deepEqual(await names(), ['export-a.xml'])
    await collector.set({ set: { order: 'name' } })
    assert.deepEqual(await names(), ['export-b.xml'])
    await collector.set({ set: { pick: 'all', order: 'time' } })
    assert.deepEqual(await names(), ['export-b.xml', 'export-a.xml'])
    await collector.set({ set: { filesMax: '1' } })
    assert.deepEqual(await names(), ['export-b.xml'])
  })

  test('is deleted or moved there once its delivery is safe, where that is set', async () => {
    const { collector, put, names, there } = await fetching({ after: 'delete' })
    put('export.xml', FIRST)
    await collector.fetch()
    assert.deepEqual(names(), [])
    await collector.set({ set: { after: 'move', moveTo: 'done' } })
    fs.mkdirSync(path.join(there, 'done'))
    put('export.xml', SECOND)
    await collector.fetch()
    assert.deepEqual(names(), ['done'])
    assert.deepEqual(fs.readdirSync(path.join(there, 'done')), ['export.xml'])
    assert.deepEqual(await collector.texts(), [FIRST, SECOND])
  })

  test('that is still being written is not taken', async () => {
    const { collector, put, there } = await fetching()
    put('export.xml', FIRST)
    // Somebody writes on between the two looks.
    const wait = (): Promise<void> => {
      fs.appendFileSync(path.join(there, 'export.xml'), '<!-- -->')
      return Promise.resolve()
    }
    await assert.rejects(collector.fetch({ wait }), /still being written/)
    assert.deepEqual(await collector.waiting(), [])
    assert.equal((await collector.stored())?.error, 'ERR_FETCH_FAILED')
    assert.equal((await collector.fetch()).deliveries.length, 1)
    assert.equal((await collector.stored())?.error, null)
  })

  test('is complete when its flag file lies there, or by age, where that is set', async () => {
    const { collector, put, names } = await fetching({ complete: 'flag', after: 'delete' })
    put('export.xml', FIRST)
    assert.equal((await collector.fetch()).deliveries.length, 0)
    put('export.xml.done', '')
    assert.equal((await collector.fetch()).deliveries.length, 1)
    assert.deepEqual(names(), [])
    await collector.set({ set: { complete: 'age', quietSeconds: '600', after: 'leave' } })
    put('export.xml', SECOND, '2026-09-01T02:00:00Z')
    const now = (at: string) => () => new Date(at)
    await assert.rejects(
      collector.fetch({ now: now('2026-09-01T02:09:59Z') }),
      /still being written/,
    )
    const late = await collector.fetch({ now: now('2026-09-01T02:10:00Z') })
    assert.equal(late.deliveries.length, 1)
    // A clock over there that is ahead says nothing about age: the file is looked at twice.
    put('export.xml', FIRST, '2026-09-01T05:00:00Z')
    const ahead = await collector.fetch({ now: now('2026-09-01T03:00:00Z') })
    assert.equal(ahead.deliveries.length, 1)
  })

  test('that vanishes or changes while it is fetched is not delivered', async () => {
    const { collector, put, there } = await fetching()
    const big = `${FIRST}${' '.repeat(20 * 1024 * 1024)}`
    put('export.xml', big)
    const file = path.join(there, 'export.xml')
    let looks = 0
    const say = (step: string): void => {
      if (step !== 'folder') return
      looks++
    }
    const wait = (): Promise<void> => {
      fs.rmSync(file, { force: true })
      return Promise.resolve()
    }
    await assert.rejects(collector.fetch({ say, wait }), { code: 'ERR_FETCH_FAILED' })
    assert.equal(looks, 1)
    assert.deepEqual(await collector.waiting(), [])
    assert.deepEqual(collector.arriving(), [])
  })

  test('that is too large is not taken, and leaves nothing behind', async () => {
    const { collector, put } = await fetching({ bytesMax: '100' })
    put('export.xml', FIRST)
    await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_LIMIT' })
    assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []])
  })

  test('with a name that leads elsewhere is passed over', async () => {
    const { collector, there } = await fetching()
    fs.symlinkSync('/etc/hostname', path.join(there, 'link.xml'))
    fs.mkdirSync(path.join(there, 'folder.xml'))
    assert.equal((await collector.fetch()).deliveries.length, 0)
  })
})

describe('an SFTP server', { skip: noSshd }, () => {
  test('is told from others by its key, before anything secret is said to it', async () => {
    const { collector } = await fetching()
    await collector.set({ unset: ['hostKey'] })
    await assert.rejects(collector.fetch(), (error: Error & { code: string; hint: string }) => {
      assert.equal(error.code, 'ERR_FETCH_NOT_TRUSTED')
      assert.ok(error.message.includes(sshd.fingerprint), error.message)
      assert.match(error.hint, /--trust-host-key/)
      return true
    })
    await collector.set({ set: { hostKey: `SHA256:${'A'.repeat(43)}` } })
    await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_NOT_TRUSTED' })
    await collector.set({ set: { hostKey: sshd.fingerprint } })
    await collector.fetch()
    const changed = await sshd.changeHostKey()
    await assert.rejects(collector.fetch(), /It was changed|not SHA256/)
    await collector.set({ set: { hostKey: changed } })
    await collector.fetch()
  })

  test('lets in with a key that has a passphrase', async () => {
    const { collector, put } = await fetching()
    put('export.xml', FIRST)
    await collector.set({ secrets: { privateKey: sshd.keyWithPassphrase } })
    await assert.rejects(collector.fetch(), { code: 'ERR_COLLECTOR_WRONG' })
    await collector.set({ secrets: { passphrase: PASSPHRASE } })
    assert.equal((await collector.fetch()).deliveries.length, 1)
  })

  test('lets in with a password, and nobody with a wrong one', async () => {
    const { collector, put, there } = await fetching()
    fs.chmodSync(there, 0o755)
    put('export.xml', FIRST)
    const set = { user: sshd.guest, hostKey: sshd.fingerprint }
    await collector.set({ set, secrets: { password: 'wrong' } })
    await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_SIGN_IN' })
    await collector.set({ secrets: { password: PASSPHRASE } })
    assert.equal((await collector.fetch()).deliveries.length, 1)
  })

  test('that does not let us in is named, without the secret', async () => {
    const { collector } = await fetching()
    await collector.set({ set: { user: 'nobody-of-this-name' }, secrets: { password: 'hemligt' } })
    await collector.set({ set: { hostKey: sshd.fingerprint } })
    await assert.rejects(collector.fetch(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_FETCH_SIGN_IN')
      assert.ok(!JSON.stringify([error.message, error.cause, error.stack]).includes('hemligt'))
      return true
    })
  })

  test('that has no such folder is named', async () => {
    const { collector } = await fetching({ folder: '/nowhere/at/all' })
    await assert.rejects(collector.fetch(), /opening the folder: there is no such folder/)
  })

  test('that hangs is given up after the time that is set', async () => {
    const silent = net.createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    try {
      const { collector } = await fetching({
        port: `${(silent.address() as net.AddressInfo).port}`,
        connectSeconds: '1',
      })
      await assert.rejects(collector.fetch(), /no answer for 1 s/)
    } finally {
      silent.close()
    }
  })

  test('that does not listen is told from a name that is not there', async () => {
    const { collector } = await fetching({ port: '1' })
    await assert.rejects(collector.fetch(), /ECONNREFUSED/)
    await collector.set({ set: { host: 'nowhere.invalid' }, secrets: { privateKey: sshd.key } })
    await assert.rejects(collector.test(), /looking the host up/)
  })

  test('is tried step by step, and nothing is delivered', async () => {
    const { collector, put } = await fetching({ pattern: '*.xml' })
    put('export.xml', FIRST)
    put('readme.txt', 'no')
    await collector.set({ set: { hostKey: sshd.fingerprint } })
    await collector.test()
    assert.deepEqual(
      collector.said.map((line) => line.split(':')[0]),
      ['resolve', 'connect', 'trust', 'sign in', 'folder', 'files', 'files'],
    )
    assert.match(collector.said.at(-1) ?? '', /export\.xml, \d+ bytes/)
    assert.deepEqual(await collector.waiting(), [])
    assert.equal((await collector.stored())?.triedAt, null)
  })
})
