import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { RollcallError } from '../../src/errors.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { makeCertificates } from './certificates.ts'
import { type Collecting, collecting, folder } from './collecting.ts'

const { database } = await testDatabase()
const tls = path.join(folder, 'tls')
fs.mkdirSync(tls)
const certificates = makeCertificates(tls)
const FIRST = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })
const SECOND = deliveryText({ persons: ['P1', 'P2', 'P3'], groups: ['G1'] })

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** What a server that a test starts has seen. */
interface Served {
  readonly url: string
  readonly requests: http.IncomingMessage[]
}

async function listen(server: http.Server | https.Server, scheme: string): Promise<Served> {
  const requests: http.IncomingMessage[] = []
  server.on('request', (request: http.IncomingMessage) => requests.push(request))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `${scheme}://localhost:${(server.address() as AddressInfo).port}`, requests }
}

const serve = (handler: Handler, more: https.ServerOptions = {}): Promise<Served> =>
  listen(https.createServer({ ...certificates.server, ...more }, handler), 'https')
const servePlain = (handler: Handler): Promise<Served> => listen(http.createServer(handler), 'http')

async function fetching(
  url: string,
  more: { readonly [name: string]: string } = {},
  secrets: { readonly [name: string]: string } = {},
): Promise<Collecting> {
  const collector = await collecting(database)
  await collector.set({ kind: 'http', set: { url, ca: certificates.ca, ...more }, secrets })
  return collector
}

const gives =
  (text: string | Buffer): Handler =>
  (_, response) =>
    void response.end(text)

describe('a file on a web server', () => {
  test('is fetched over TLS that a set authority vouches for, under the name that the server says', async () => {
    const { url } = await serve((_, response) => {
      response.setHeader('content-disposition', 'attachment; filename="../night/export.xml"')
      response.end(FIRST)
    })
    const collector = await fetching(`${url}/today`)
    const { deliveries } = await collector.fetch()
    assert.deepEqual(
      deliveries.map(({ fileName }) => fileName),
      ['.._night_export.xml'],
    )
    assert.deepEqual(await collector.texts(), [FIRST])
    assert.equal((await collector.import(deliveries[0]?.arrivalId ?? 0))?.outcome, 'held')
  })

  test('is asked for by its tag, or by its time, and not sent again', async () => {
    let text = FIRST
    const { url, requests } = await serve((request, response) => {
      const tag = `"${text.length}"`
      response.setHeader('etag', tag)
      if (request.headers['if-none-match'] === tag) response.writeHead(304).end()
      else response.end(text)
    })
    const collector = await fetching(`${url}/export.xml`)
    assert.equal((await collector.fetch()).deliveries.length, 1)
    assert.deepEqual(await collector.fetch(), { deliveries: [], unchanged: 0 })
    assert.equal(requests[1]?.headers['if-none-match'], `"${FIRST.length}"`)
    assert.equal((await collector.fetch({ again: true })).deliveries.length, 1)
    text = SECOND
    assert.equal((await collector.fetch()).deliveries.length, 1)

    const time = 'Tue, 01 Sep 2026 00:00:00 GMT'
    const dated = await serve((request, response) => {
      response.setHeader('last-modified', time)
      if (request.headers['if-modified-since'] === time) response.writeHead(304).end()
      else response.end(FIRST)
    })
    const other = await fetching(`${dated.url}/export.xml`)
    assert.equal((await other.fetch()).deliveries.length, 1)
    assert.equal((await other.fetch()).deliveries.length, 0)
  })

  test('of a server that says nothing of versions is told by its bytes', async () => {
    const { url } = await serve(gives(FIRST))
    const collector = await fetching(`${url}/export.xml`)
    assert.equal((await collector.fetch()).deliveries.length, 1)
    assert.deepEqual(await collector.fetch(), { deliveries: [], unchanged: 1 })
  })

  test('is unpacked as its content coding says', async () => {
    for (const [coding, bytes] of [
      ['gzip', gzipSync(FIRST)],
      ['br', brotliCompressSync(FIRST)],
    ] as const) {
      const { url } = await serve((_, response) => {
        response.setHeader('content-encoding', coding)
        response.end(bytes)
      })
      const collector = await fetching(`${url}/export.xml`)
      await collector.fetch()
      assert.deepEqual(await collector.texts(), [FIRST], coding)
    }
  })

  test('that is a bomb, too large or half a file is not taken, and leaves nothing behind', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    const cases: readonly [string, Handler, { [name: string]: string }, string][] = [
      [
        'a bomb',
        (_, response) => {
          response.setHeader('content-encoding', 'gzip')
          response.end(bomb)
        },
        {},
        'ERR_FETCH_LIMIT',
      ],
      ['too large, and says so', gives(FIRST), { bytesMax: '100' }, 'ERR_FETCH_LIMIT'],
      [
        'too large, and does not say so',
        (_, response) => {
          response.write(FIRST.slice(0, 50))
          response.end(FIRST.slice(50))
        },
        { bytesMax: '100' },
        'ERR_FETCH_LIMIT',
      ],
      [
        'half a file',
        (_, response) => {
          response.setHeader('content-length', FIRST.length)
          response.write(FIRST.slice(0, 100))
          setTimeout(() => response.destroy(), 50)
        },
        {},
        'ERR_FETCH_UNREACHABLE',
      ],
      [
        'half of a packed one',
        (_, response) => {
          response.setHeader('content-encoding', 'gzip')
          response.end(gzipSync(FIRST).subarray(0, 100))
        },
        {},
        'ERR_FETCH_FAILED',
      ],
      [
        'nothing there',
        (_, response) => void response.writeHead(404).end(),
        {},
        'ERR_FETCH_FAILED',
      ],
      ['broken', (_, response) => void response.writeHead(500).end('P1'), {}, 'ERR_FETCH_FAILED'],
      [
        'hanging',
        (_, response) => void response.write(FIRST.slice(0, 100)),
        { idleSeconds: '1' },
        'ERR_FETCH_UNREACHABLE',
      ],
    ]
    for (const [what, handler, set, code] of cases) {
      const { url } = await serve(handler)
      const collector = await fetching(`${url}/export.xml`, set)
      await assert.rejects(collector.fetch(), { code }, what)
      assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []], what)
      assert.equal((await collector.stored())?.error, code)
    }
  })
})

describe('a web server', () => {
  test('is signed in to with user and password, or with a token', async () => {
    const { url, requests } = await serve((request, response) => {
      const { authorization } = request.headers
      const isRight = ['Basic a29tbXVuOnTDpHlzdA==', 'Bearer hemligt'].includes(authorization ?? '')
      response.writeHead(isRight ? 200 : 401).end(isRight ? FIRST : 'hemligt')
    })
    const basic = await fetching(`${url}/x.xml`, { user: 'kommun' }, { password: 'täyst' })
    assert.equal((await basic.fetch()).deliveries.length, 1)
    const bearer = await fetching(`${url}/x.xml`, {}, { token: 'hemligt' })
    assert.equal((await bearer.fetch()).deliveries.length, 1)
    await bearer.set({ secrets: { token: 'fel-token' } })
    await assert.rejects(bearer.fetch({ again: true }), (error: RollcallError) => {
      assert.equal(error.code, 'ERR_FETCH_SIGN_IN')
      assert.ok(!`${error.message}${error.hint}${error.stack}`.includes('fel-token'))
      return true
    })
    assert.equal(requests.length, 3)
  })

  test('is shown a client certificate, and one that wants another lets nobody in', async () => {
    const wanting = { ca: certificates.ca, requestCert: true, rejectUnauthorized: true }
    const { url } = await serve(gives(FIRST), wanting)
    const without = await fetching(`${url}/x.xml`)
    await assert.rejects(without.fetch(), { code: 'ERR_FETCH_SIGN_IN' })
    const { cert, key } = certificates.client
    const collector = await fetching(
      `${url}/x.xml`,
      { clientCertificate: cert },
      { clientKey: key },
    )
    assert.equal((await collector.fetch()).deliveries.length, 1)
  })

  test('of an authority that nobody knows, of another name, or whose certificate has ended is not trusted', async () => {
    const { url } = await serve(gives(FIRST))
    const unknown = await fetching(`${url}/x.xml`, { ca: '' })
    await unknown.set({ unset: ['ca'] })
    await assert.rejects(unknown.fetch(), { code: 'ERR_FETCH_NOT_TRUSTED' })
    const ended = await serve(gives(FIRST), certificates.expired)
    await assert.rejects((await fetching(`${ended.url}/x.xml`)).fetch(), /CERT_HAS_EXPIRED/)
    const named = await serve(gives(FIRST), makeOtherName())
    await assert.rejects((await fetching(`${named.url}/x.xml`)).fetch(), {
      code: 'ERR_FETCH_NOT_TRUSTED',
    })
  })

  test('that speaks only an old TLS is not trusted', async () => {
    const { url } = await serve(gives(FIRST), {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    await assert.rejects((await fetching(`${url}/x.xml`)).fetch(), {
      code: 'ERR_FETCH_NOT_TRUSTED',
    })
  })

  test('without TLS is used only where that is allowed', async () => {
    const { url, requests } = await servePlain(gives(FIRST))
    const collector = await fetching(`${url}/x.xml`, { user: 'kommun' }, { password: 'hemligt' })
    await assert.rejects(collector.fetch(), /http is not encrypted/)
    assert.equal(requests.length, 0)
    await collector.set({ set: { allowPlain: 'yes' } })
    assert.equal((await collector.fetch()).deliveries.length, 1)
  })

  test('may redirect to the web, not to less secure places, not for ever, and not with our password', async () => {
    const target = await serve(gives(FIRST))
    const to = (location: string): Promise<Served> =>
      serve((_, response) => void response.writeHead(302, { location }).end())
    const signedIn = async (url: string): Promise<Collecting> =>
      fetching(`${url}/x.xml`, { user: 'kommun' }, { password: 'hemligt' })
    const other = await signedIn((await to(`${target.url}/y.xml`)).url)
    assert.equal((await other.fetch()).deliveries.length, 1)
    assert.equal(target.requests[0]?.headers.authorization, undefined)
    for (const location of ['file:///etc/hostname', 'http://localhost:1/', 'ftp://localhost/x']) {
      const collector = await signedIn((await to(location)).url)
      await assert.rejects(collector.fetch(), { code: 'ERR_FETCH_NOT_TRUSTED' }, location)
    }
    const round = await signedIn((await to('/x.xml')).url)
    await assert.rejects(round.fetch(), { code: 'ERR_FETCH_LIMIT' })
  })

  test('is tried step by step, and nothing is delivered', async () => {
    const { url } = await serve(gives(FIRST))
    const collector = await fetching(`${url}/x.xml`)
    await collector.test()
    assert.deepEqual(
      collector.said.map((line) => line.split(':')[0]),
      ['resolve', 'connect', 'sign in', 'files'],
    )
    assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []])
  })
})

/** A certificate of the authority for a name that is not the server's. */
function makeOtherName(): https.ServerOptions {
  const other = path.join(folder, 'other-name')
  fs.mkdirSync(other)
  // Its own authority, which is not the one that is set.
  return makeCertificates(other).server
}
