import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { withDeadline } from '../../src/collect/deadline.ts'
import { publicOnly, type Reach } from '../../src/collect/reach.ts'
import { asked } from '../../src/collect/web-request.ts'

const seen: string[] = []
const server = http.createServer((request, response) => {
  seen.push(request.url ?? '')
  const { port } = server.address() as AddressInfo
  response.writeHead(302, { location: `http://127.0.0.1:${port}/inside` }).end()
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const { port } = server.address() as AddressInfo

function ask(url: string, reach: Reach): Promise<unknown> {
  const settings = { allowPlain: true }
  const seconds = { connectSeconds: 5, idleSeconds: 5, totalSeconds: 10 }
  return withDeadline(seconds, (deadline) => {
    const of = { headers: {}, settings, secrets: {}, deadline, reach, isFollowed: true }
    return asked({ url, method: 'GET', ...of })
  })
}

test('a redirect does not lead where the address itself may not', async () => {
  // Stands for a host of the internet, which sends us back in.
  const reach: Reach = (host) =>
    host === 'outside.example' ? Promise.resolve('127.0.0.1') : publicOnly(host)
  await assert.rejects(ask(`http://outside.example:${port}/`, reach), { code: 'ERR_FETCH_PRIVATE' })
  assert.deepEqual(seen, ['/'])
})

test('what is connected to is the address that was looked at, and no second answer of a name server', async () => {
  const looked: string[] = []
  const reach: Reach = (host) => {
    looked.push(host)
    return Promise.resolve('127.0.0.1')
  }
  // There is no such name: asked again, nobody would be found.
  await assert.rejects(ask(`http://no-such-name.invalid:${port}/a`, reach), {
    code: 'ERR_FETCH_LIMIT',
  })
  assert.equal(looked[0], 'no-such-name.invalid')
  assert.ok(seen.includes('/a'))
})

test('addresses of the internet are given back to be connected to', async () => {
  assert.equal(await publicOnly('9.9.9.9'), '9.9.9.9')
  assert.equal(await publicOnly('[2620:fe::fe]'), '2620:fe::fe')
})

for (const host of [
  '127.0.0.1',
  '0.0.0.0',
  '::1',
  '::',
  '10.0.0.1',
  '172.31.255.255',
  '100.64.0.1',
  '169.254.169.254',
  'fd00::1',
  'fe80::1',
  '64:ff9b::7f00:1',
  '::ffff:10.0.0.1',
  '224.0.0.1',
  '255.255.255.255',
  'localhost',
]) {
  test(`${host} is not one of them`, async () => {
    await assert.rejects(publicOnly(host), { code: 'ERR_FETCH_PRIVATE' })
  })
}
