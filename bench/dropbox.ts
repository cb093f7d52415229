/**
 * How fast the drop box takes a file, with which memory: an upload with OpenSSH's sftp to `rollcall serve`, beside one to
 * OpenSSH's own server with the same cipher; and many small ones at once.
 *
 *     node bench/dropbox.ts [--megabytes 200] [--rounds 3] [--at-once 50]
 *
 * Needs OpenSSH's client, and its server as root for the comparison. Half a minute.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { rollcall, withHome } from './measure.ts'

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    'at-once': { type: 'string', default: '50' },
  },
})
const megabytes = Number(values.megabytes)
const atOnce = Number(values['at-once'])
const CIPHER = 'aes256-gcm@openssh.com'
const base = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-bench-dropbox-'))
const key = path.join(base, 'id')

try {
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const large = file('large', megabytes * 1024 * 1024)
  await withHome(async (home) => {
    const port = await freePort()
    const env = { ROLLCALL_DROPBOX_PORT: String(port), ROLLCALL_DROPBOX_HOST: '127.0.0.1' }
    // Nothing is delivered: this is about the drop box, not about imports.
    const more = ['--names', '*.xml', '--quota', '1000G']
    await rollcall(['dropbox', 'accounts', 'add', 'bench', '--key', `${key}.pub`, ...more], home)
    const service = spawn(path.resolve(import.meta.dirname, '../rollcall'), ['serve'], {
      env: {
        ...process.env,
        ...env,
        ROLLCALL_HOME: home,
        ROLLCALL_DROPBOX_BYTES_PER_SECOND_MAX: '10G',
        ROLLCALL_DROPBOX_ACCOUNT_CONNECTIONS_MAX: '100',
      },
      stdio: 'ignore',
    })
    try {
      await listening(port)
      await timed('Rollcall', port, 'bench', large, service)
      await many(port, service)
    } finally {
      service.kill('SIGTERM')
      await once(service, 'exit')
    }
  })
  const sshd = '/usr/sbin/sshd'
  if (fs.existsSync(sshd) && process.getuid?.() === 0) {
    const port = await freePort()
    const server = openSsh(sshd, port)
    try {
      await listening(port)
      await timed('OpenSSH', port, `root`, large)
    } finally {
      server.kill('SIGTERM')
      await once(server, 'exit')
    }
  }
} finally {
  fs.rmSync(base, { recursive: true, force: true })
}

function file(name: string, bytes: number): string {
  const at = path.join(base, name)
  const block = randomFillSync(Buffer.alloc(1024 * 1024))
  const out = fs.openSync(at, 'w')
  for (let done = 0; done < bytes; done += block.length) {
    fs.writeSync(out, block, 0, Math.min(block.length, bytes - done))
  }
  fs.closeSync(out)
  return at
}

async function upload(port: number, user: string, from: string, to: string): Promise<void> {
  const batch = path.join(base, `batch-${path.basename(to)}`)
  fs.writeFileSync(batch, `put ${from} ${to}\n`)
  const options = ['-F', '/dev/null', '-i', key, '-c', CIPHER, '-P', String(port), '-b', batch]
  const unknown = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']
  const child = spawn('sftp', ['-q', ...options, ...unknown, `${user}@127.0.0.1`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(said)
}

async function timed(
  name: string,
  port: number,
  user: string,
  from: string,
  service?: ChildProcess,
): Promise<void> {
  const seconds: number[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const started = performance.now()
    await upload(port, user, from, user === 'root' ? path.join(base, 'up') : 'up')
    seconds.push((performance.now() - started) / 1000)
  }
  const median = seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? 0
  const rates = seconds.map((each) => (megabytes / each).toFixed(0)).join(', ')
  console.log(
    `${name}: ${megabytes} MB in ${median.toFixed(2)} s, ${(megabytes / median).toFixed(0)} MB/s (${rates})${memory(service)}`,
  )
}

async function many(port: number, service: ChildProcess): Promise<void> {
  const small = file('small', 1024 * 1024)
  const started = performance.now()
  await Promise.all(
    Array.from({ length: atOnce }, (_, n) => upload(port, 'bench', small, `small-${n}`)),
  )
  const seconds = (performance.now() - started) / 1000
  console.log(`Rollcall: ${atOnce} × 1 MB at once in ${seconds.toFixed(2)} s${memory(service)}`)
}

/** Most memory that the process has had so far. */
function memory(service: ChildProcess | undefined): string {
  if (service?.pid === undefined) return ''
  const status = fs.readFileSync(`/proc/${service.pid}/status`, 'utf8')
  const kb = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  return `, ${Math.round(kb / 1024)} MB at most`
}

function openSsh(sshd: string, port: number): ChildProcess {
  const hostKey = path.join(base, 'host')
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  fs.mkdirSync('/run/sshd', { recursive: true })
  const settings = [
    `Port=${port}`,
    'ListenAddress=127.0.0.1',
    `HostKey=${hostKey}`,
    'PidFile=none',
    `AuthorizedKeysFile=${key}.pub`,
    'PermitRootLogin=yes',
    'StrictModes=no',
    'UsePAM=no',
    'Subsystem=sftp internal-sftp',
  ].flatMap((setting) => ['-o', setting])
  return spawn(sshd, ['-D', '-f', '/dev/null', ...settings], { stdio: 'ignore' })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const is = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (is) return
    await sleep(100)
  }
}
