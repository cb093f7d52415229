import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, test } from 'node:test'
import { accountNamed, changeAccount, setLocked } from '../../src/dropbox/accounts.ts'
import type { DropBoxLimits } from '../../src/dropbox/limits.ts'
import { boxFolder } from '../../src/dropbox/in-box.ts'
import { listDropBoxes } from '../../src/store/drop-boxes.ts'
import { testDatabase } from '../database.ts'
import { type Client, runDropBox, type Running, type Sender, until } from './running.ts'

const { database } = await testDatabase()
const withLimits = (limits: Partial<DropBoxLimits>, fileBytesMax?: number): Promise<Running> =>
  runDropBox(database, limits, fileBytesMax)
const refusedIn = (sender: Sender, password: string): Promise<unknown> =>
  assert.rejects(sender.connect({ password }), /authentication methods failed|closed|ECONNRESET/)
const plain = await withLimits({})

describe('signing in', () => {
  test('with a wrong password, a wrong name, or none is refused alike', async () => {
    const sender = await plain.account()
    for (const config of [
      { password: 'wrong' },
      { username: 'nobody-at-all' },
      { password: 'x'.repeat(10_000) },
      { username: '' },
      { username: "' or 1=1 --" },
      { username: 'a'.repeat(10_000) },
    ]) {
      await assert.rejects(sender.connect(config), /All configured authentication methods failed/)
    }
  })

  test('with wrong passwords is refused for a while after some, but not from where the sender always comes', async () => {
    const running = await withLimits({ accountFailuresMax: 3 })
    const sender = await running.account()
    for (let n = 0; n < 3; n++) await refusedIn(sender, 'wrong')
    await until(async () => (await accountNamed(database, sender.userName)).isBlocked)
    await refusedIn(sender, sender.password)
    await database.site(sender.siteId, (session) =>
      session.execute(`update drop_boxes set signed_in_from = '127.0.0.1' where site_id = $1`, [
        sender.siteId,
      ]),
    )
    ;(await sender.connect()).end()
    for (let n = 0; n < 5; n++) await refusedIn(sender, 'wrong')
    ;(await sender.connect()).end()
  })

  test('of a locked account is refused, and what it has open ends', async () => {
    const sender = await plain.account()
    const client = await sender.connect()
    const closed = once(client.ssh, 'close')
    const box = await accountNamed(database, sender.userName)
    await setLocked(database, box, new Date())
    await assert.rejects(client.put('a.xml', '<a/>'), /This account is closed/)
    await closed
    await refusedIn(sender, sender.password)
    await setLocked(database, box, null)
    ;(await sender.connect()).end()
  })

  test('from another network than those of the account is refused', async () => {
    const sender = await plain.account({ from: ['192.0.2.0/24', '2001:db8::/32'] })
    await refusedIn(sender, sender.password)
    const box = await accountNamed(database, sender.userName)
    await changeAccount(database, box, { settings: { from: ['127.0.0.0/8'] } })
    ;(await sender.connect()).end()
    const [shown] = (await listDropBoxes(database)).filter(
      (each) => each.userName === sender.userName,
    )
    assert.equal(shown?.signedInFrom, '127.0.0.1')
  })

  test('too often on one connection ends it', async () => {
    const running = await withLimits({ passwordsMax: 2 })
    const sender = await running.account()
    const tried: string[] = []
    await assert.rejects(
      sender.connect({
        authHandler: (_left, _partial, next) => {
          tried.push('password')
          next({ type: 'password', username: sender.userName, password: 'wrong' })
        },
      }),
    )
    assert.equal(tried.length, 3)
  })

  test('from an address with many failures is not even begun', async () => {
    const running = await withLimits({ addressFailuresMax: 4 })
    const sender = await running.account()
    for (let n = 0; n < 4; n++) await refusedIn(sender, 'wrong')
    const socket = net.connect(running.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
    socket.on('error', () => {})
    await once(socket, 'close')
    assert.equal(heard, '')
  })
})

describe('connections', () => {
  test('of one account, of one address and in all are so many', async () => {
    const running = await withLimits({
      accountConnectionsMax: 2,
      addressConnectionsMax: 4,
      connectionsMax: 5,
    })
    const [one, two] = [await running.account(), await running.account()]
    const open = [await one.connect(), await one.connect()]
    await assert.rejects(one.connect())
    await until(async () => {
      const client = await two.connect().catch(() => undefined)
      if (client !== undefined) open.push(client)
      return client !== undefined
    })
    open.push(await two.connect())
    await assert.rejects(two.connect())
    for (const client of open) client.end()
    await until(async () => {
      const client = await one.connect().catch(() => undefined)
      client?.end()
      return client !== undefined
    })
  })

  test('in which nobody signs in end: silent ones, slow ones, and ones that stop after the greeting', async () => {
    const running = await withLimits({ signInSecondsMax: 1 })
    const ends = (say: (socket: net.Socket) => void): Promise<unknown> => {
      const socket = net.connect(running.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.on('data', () => {})
      say(socket)
      return once(socket, 'close')
    }
    const drip = (socket: net.Socket): void => {
      const timer = setInterval(() => socket.write('S'), 100)
      socket.once('close', () => clearInterval(timer))
    }
    await Promise.all([
      ends(() => {}),
      ends(drip),
      ends((socket) => socket.write('SSH-2.0-Test\r\n')),
    ])
  })

  test('without requests, and old ones, end; what was open can be gone on with', async () => {
    for (const limits of [{ idleSecondsMax: 1 }, { connectionSecondsMax: 1 }]) {
      const running = await withLimits(limits)
      const sender = await running.account()
      const client = await sender.connect()
      const closed = once(client.ssh, 'close')
      await client.write(await client.open('a.xml', 'w'), '<a>')
      await closed
      assert.deepEqual(await sender.deliveries(), [])
    }
  })

  test('have so many channels, and so many files open', async () => {
    const running = await withLimits({ channelsMax: 2, handlesMax: 3 })
    const sender = await running.account()
    const client = await sender.connect()
    const open = (): Promise<unknown> =>
      new Promise((resolve, reject) =>
        client.ssh.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))),
      )
    await open()
    await assert.rejects(open())
    const handles = [
      await client.open('1', 'w'),
      await client.open('2', 'w'),
      await client.open('3', 'w'),
    ]
    await assert.rejects(client.open('4', 'w'), /3 files and folders open at most/)
    await client.close(handles[0] as Buffer)
    await client.open('4', 'w')
    client.end()
  })

  test('that ask on without waiting for answers are cut off', async () => {
    const running = await withLimits({ waitingRequestsMax: 50 })
    const sender = await running.account()
    const client = await sender.connect()
    const closed = once(client.ssh, 'close')
    for (let n = 0; n < 500; n++) client.sftp.stat('/', () => {})
    await closed
  })

  test('that send on without waiting for answers are cut off', async () => {
    const running = await withLimits({ waitingBytesMax: 1_000_000, bytesPerSecondMax: 1_000_000 })
    const sender = await running.account()
    const client = await sender.connect()
    // The way may be closed before all is written, which is an error on this side.
    client.ssh.on('error', () => {})
    const closed = new Promise<void>((resolve) => client.ssh.once('close', () => resolve()))
    const handle = await client.open('a.xml', 'w')
    const block = Buffer.alloc(32_000)
    for (let n = 0; n < 200; n++) {
      client.sftp.write(handle, block, 0, block.length, n * block.length, () => {})
    }
    await closed
    assert.deepEqual(await sender.deliveries(), [])
  })

  test('that send what is no packet of SFTP, or one that is too long, end', async () => {
    for (const bytes of [
      Buffer.from([0x7f, 0xff, 0xff, 0xff, 6]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([0, 0, 0, 5, 250, 0, 0, 0, 1]),
    ]) {
      const sender = await plain.account()
      const client = await sender.connect()
      const closed = once(client.ssh, 'close')
      const inside = client.sftp as unknown as {
        _protocol: { channelData(channel: number, data: Buffer): void }
        outgoing: { id: number }
      }
      inside._protocol.channelData(inside.outgoing.id, bytes)
      await closed
    }
    ;(await (await plain.account()).connect()).end()
  })
})

describe('what may be sent', () => {
  const sending = async (
    limits: Partial<DropBoxLimits>,
    fileBytesMax?: number,
  ): Promise<{ sender: Sender; client: Client }> => {
    const running = await withLimits(limits, fileBytesMax)
    const sender = await running.account()
    return { sender, client: await sender.connect() }
  }

  test('is a file so large, wherever its bytes are written', async () => {
    const { client, sender } = await sending({}, 10)
    const handle = await client.open('a.xml', 'w')
    await client.write(handle, '12345')
    await assert.rejects(client.write(handle, '678901', 5), /10 bytes at most/)
    await assert.rejects(client.write(handle, 'x', 2 ** 52), /10 bytes at most/)
    await client.close(handle)
    client.end()
    assert.deepEqual(await sender.deliveries(), ['a.xml: 12345'])
  })

  test('is so much within a day, in all that is open together', async () => {
    const { client, sender } = await sending({ quotaBytesMax: 10 })
    await client.put('a.xml', '1234')
    const [b, c] = [await client.open('b.xml', 'w'), await client.open('c.xml', 'w')]
    await client.write(b, '123')
    await assert.rejects(client.write(c, '1234'), /quota/)
    await client.write(c, '123')
    await client.close(b)
    await client.close(c)
    await assert.rejects(client.open('d.xml', 'w'), /quota/)
    const box = await accountNamed(database, sender.userName)
    await changeAccount(database, box, { settings: { quotaBytes: 11 } })
    await client.put('d.xml', '1')
    client.end()
    assert.equal((await sender.deliveries()).length, 4)
  })

  test('are so many deliveries within a day', async () => {
    const { client } = await sending({ deliveriesPerDayMax: 2 })
    await client.put('a.xml', '<a/>')
    await client.put('a.xml', '<b/>')
    await assert.rejects(client.put('a.xml', '<c/>'), /2 deliveries in 24 hours/)
    client.end()
  })

  test('are so many names; those that were delivered make way', async () => {
    const { client, sender } = await sending({ filesMax: 2 })
    for (const name of ['a', 'b', 'c', 'd']) await client.put(`${name}.xml`, `<${name}/>`)
    assert.deepEqual(await client.names('/'), ['c.xml', 'd.xml'])
    await client.call('mkdir', 'one')
    await client.call('mkdir', 'two')
    await assert.rejects(client.put('e.xml', '<e/>'), /2 files and folders at most/)
    client.end()
    assert.equal((await sender.deliveries()).length, 4)
  })
})

test('no name of a client leads out of its folder, or to another sender', async () => {
  const [sender, other] = [await plain.account(), await plain.account()]
  const client = await sender.connect()
  const secret = path.join(plain.folder, 'secret')
  fs.writeFileSync(secret, 'secret')
  await (await other.connect()).put('kept.xml.tmp', '<other/>')
  const names = [
    '../../../../../../etc/rollcall-test',
    '/etc/rollcall-test',
    `${'../'.repeat(30)}${secret}`,
    '..',
    '.',
    '/',
    '',
    'a\0b',
    'a\\..\\b',
    'C:\\export.xml',
    '\u202E.xml',
    'a\nb',
    `${'a/'.repeat(5000)}x`,
    'x'.repeat(10_000),
    'x'.repeat(256),
    'e\u0301.xml',
    '\u00e9.xml',
    '-rf',
    '$(id)',
    '%2e%2e%2fx',
    '....//x',
    `../../${other.siteId}/dropbox/${other.sourceId}/x`,
  ]
  for (const name of names) {
    await client.put(name, '<a/>').catch(() => {})
    await client.call('mkdir', name).catch(() => {})
    await client.call('stat', name).catch(() => {})
    await client.call('readdir', name).catch(() => {})
    await client.rename('kept.xml.tmp', name).catch(() => {})
  }
  client.end()
  assert.equal(fs.readFileSync(secret, 'utf8'), 'secret')
  assert.ok(!fs.existsSync('/etc/rollcall-test'))
  assert.deepEqual(
    fs
      .readdirSync(plain.folder)
      .toSorted()
      .filter((name) => !name.startsWith('batch')),
    ['askpass', 'deliveries', 'known_hosts', 'secret'],
  )
  for (const file of fs.readdirSync(boxFolder(plain.deliveriesFolder, sender))) {
    assert.match(file, /^[0-9a-f-]{36}$/)
  }
  assert.equal(fs.statSync(boxFolder(plain.deliveriesFolder, sender)).mode & 0o777, 0o700)
  assert.deepEqual(await other.deliveries(), [])
  const accents = (await sender.arrivals()).filter((arrival) => arrival.fileName === '\u00e9.xml')
  assert.equal(accents.length, 2)
})
