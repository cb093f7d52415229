import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { makeCertificates } from './certificates.ts'
import { type Collecting, collecting, folder } from './collecting.ts'
import { cannotStart } from './sshd.ts'
import { startFtpd, type TestFtpd } from './vsftpd.ts'

const { database } = await testDatabase()
const certificates = makeCertificates(folder)
const FIRST = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })
const SECOND = deliveryText({ persons: ['P1', 'P2', 'P3'], groups: ['G1'] })

const skip = cannotStart('/usr/sbin/vsftpd', 'vsftpd')

async function server(tls: 'off' | 'explicit' | 'implicit'): Promise<TestFtpd> {
  // Every test that would use it is left out.
  if (skip !== false) return {} as TestFtpd
  const own = path.join(folder, tls)
  fs.mkdirSync(own)
  fs.chmodSync(own, 0o755)
  const ftpd = await startFtpd(own, certificates, tls)
  after(() => ftpd.stop())
  return ftpd
}
const explicit = await server('explicit')
const implicit = await server('implicit')
const plain = await server('off')
let folders = 0

/** A source that fetches from an empty folder of the server. */
async function fetching(
  ftpd: TestFtpd,
  tls: string,
  more: { readonly [name: string]: string } = {},
): Promise<{
  readonly collector: Collecting
  readonly put: (name: string, text: string, at?: string) => void
  readonly there: string
}> {
  const name = `out ${++folders}`
  const there = path.join(ftpd.home, name)
  fs.mkdirSync(there)
  fs.chmodSync(there, 0o777)
  const collector = await collecting(database)
  await collector.set({
    kind: 'ftp',
    set: {
      host: 'localhost',
      port: `${ftpd.port}`,
      tls,
      user: ftpd.user,
      ca: certificates.ca,
      folder: name,
      ...more,
    },
    secrets: { password: ftpd.password },
  })
  const put = (file: string, text: string, at = '2026-09-01T00:00:00Z'): void => {
    fs.writeFileSync(path.join(there, file), text)
    fs.utimesSync(path.join(there, file), new Date(at), new Date(at))
  }
  return { collector, put, there }
}

describe('a file on an FTP server', { skip }, () => {
  for (const [tls, ftpd] of [
    ['explicit', explicit],
    ['implicit', implicit],
    ['off', plain],
  ] as const) {
    test(`is fetched with TLS ${tls}, once for each version`, async () => {
      const { collector, put } = await fetching(ftpd, tls)
      put('export.xml', FIRST)
      assert.equal((await collector.fetch()).deliveries.length, 1)
      assert.deepEqual(await collector.texts(), [FIRST])
      assert.deepEqual(await collector.fetch(), { deliveries: [], unchanged: 0 })
      put('export.xml', SECOND, '2026-09-02T00:00:00Z')
      assert.equal((await collector.fetch()).deliveries.length, 1)
      assert.deepEqual(await collector.texts(), [FIRST, SECOND])
      assert.deepEqual(collector.arriving().length, 2)
    })
  }

  test('is fetched over the API from the very address that was looked at, by the name of the certificate', async () => {
    for (const [tls, ftpd] of [
      ['explicit', explicit],
      ['implicit', implicit],
    ] as const) {
      const { collector, put } = await fetching(ftpd, tls)
      put('export.xml', FIRST)
      await collector.set({
        set: { host: 'LOCALHOST' },
        secrets: { password: ftpd.password },
        overApi: true,
      })
      await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_PRIVATE' })
      const looked: string[] = []
      const reachOverApi = (host: string): Promise<string> => {
        looked.push(host)
        return Promise.resolve('127.0.0.1')
      }
      assert.equal((await collector.fetch({ reachOverApi })).deliveries.length, 1, tls)
      assert.deepEqual(looked, ['LOCALHOST'])
      // The name counts, and not the address: of that the certificate says nothing.
      await collector.set({
        set: { host: 'other.example' },
        secrets: { password: ftpd.password },
        overApi: true,
      })
      await assert.rejects(collector.fetch({ reachOverApi, again: true }), {
        code: 'ERR_FETCH_NOT_TRUSTED',
      })
    }
  })

  test('is the newest by seconds, though the listing knows only minutes', async () => {
    const { collector, put } = await fetching(explicit, 'explicit')
    put('b.xml', FIRST, '2026-09-01T00:00:01Z')
    put('a.xml', SECOND, '2026-09-01T00:00:02Z')
    const { deliveries } = await collector.fetch()
    assert.deepEqual(
      deliveries.map(({ fileName }) => fileName),
      ['a.xml'],
    )
  })

  test('is deleted or moved there once its delivery is safe, where that is set', async () => {
    const { collector, put, there } = await fetching(explicit, 'explicit', { after: 'delete' })
    put('export.xml', FIRST)
    await collector.fetch()
    assert.deepEqual(fs.readdirSync(there), [])
    fs.mkdirSync(path.join(there, 'fetched'))
    fs.chmodSync(path.join(there, 'fetched'), 0o777)
    await collector.set({ set: { after: 'move' } })
    put('export.xml', SECOND)
    await collector.fetch()
    assert.deepEqual(fs.readdirSync(path.join(there, 'fetched')), ['export.xml'])
  })

  test('that is still being written, vanishes or is too large is not taken', async () => {
    const { collector, put, there } = await fetching(explicit, 'explicit')
    put('export.xml', FIRST)
    const file = path.join(there, 'export.xml')
    const grow = (): Promise<void> => Promise.resolve(fs.appendFileSync(file, '<!-- -->'))
    await assert.rejects(collector.fetch({ wait: grow }), /still being written/)
    await collector.set({ set: { bytesMax: '10' } })
    await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_LIMIT' })
    const vanish = (): Promise<void> => Promise.resolve(fs.rmSync(file, { force: true }))
    await assert.rejects(collector.fetch({ wait: vanish }), { code: 'ERR_FETCH_FAILED' })
    assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []])
  })
})

describe('an FTP server', { skip }, () => {
  test('whose certificate is not of a set authority is not trusted', async () => {
    for (const [tls, ftpd] of [
      ['explicit', explicit],
      ['implicit', implicit],
    ] as const) {
      const { collector } = await fetching(ftpd, tls)
      await collector.set({ unset: ['ca'] })
      await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_NOT_TRUSTED' }, tls)
    }
  })

  test('that does not encrypt as set is not sent a password', async () => {
    const { collector } = await fetching(plain, 'explicit')
    await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_NOT_TRUSTED' })
    const { collector: other } = await fetching(explicit, 'off')
    await assert.rejects(other.fetch(), { code: 'ERR_FETCH_SIGN_IN' })
  })

  test('that does not let us in, or has no such folder, is named', async () => {
    const { collector } = await fetching(explicit, 'explicit')
    await collector.set({ secrets: { password: 'hemligt' } })
    await assert.rejects(collector.fetch(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_FETCH_SIGN_IN')
      assert.ok(!`${error.message}${error.stack}`.includes('hemligt'))
      return true
    })
    await collector.set({ secrets: { password: explicit.password }, set: { folder: 'nowhere' } })
    await assert.rejects(collector.fetch(), /opening the folder/)
  })

  test('is tried step by step, and nothing is delivered', async () => {
    const { collector, put } = await fetching(explicit, 'explicit')
    put('export.xml', FIRST)
    await collector.test()
    assert.deepEqual(
      collector.said.map((line) => line.split(':')[0]),
      ['resolve', 'connect', 'trust', 'sign in', 'folder', 'files', 'files'],
    )
    assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []])
  })
})
