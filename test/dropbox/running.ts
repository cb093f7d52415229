import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import ssh2, { type ConnectConfig, type SFTPWrapper } from 'ssh2'
import { makeAccount } from '../../src/dropbox/accounts.ts'
import { readHostKeys } from '../../src/dropbox/host-keys.ts'
import { DEFAULT_DROP_BOX_LIMITS, type DropBoxLimits } from '../../src/dropbox/limits.ts'
import { type DropBoxPart, startDropBox } from '../../src/dropbox/start.ts'
import type { Arrival } from '../../src/store/arrivals.ts'
import { waitingArrivals } from '../../src/store/arrivals.ts'
import type { Database } from '../../src/store/connect.ts'
import type { DropBoxSettings, SenderKey } from '../../src/store/drop-boxes.ts'
import { sealing } from '../../src/store/sealed.ts'
import { createSite, sourceNamed } from '../../src/store/sites.ts'

const now = (): Date => new Date()

/** A running drop box of a test's own, stopped when the file is over. */
export interface Running {
  readonly database: Database
  readonly folder: string
  readonly deliveriesFolder: string
  readonly port: number
  readonly limits: DropBoxLimits
  /** Sites that were told of an arrival. */
  readonly told: number[]
  readonly errors: unknown[]
  /** An account of a site of its own. */
  account(settings?: DropBoxSettings, keys?: readonly SenderKey[]): Promise<Sender>
  stop(graceMs: number): Promise<void>
  restart(): Promise<void>
}

export interface Sender {
  readonly siteId: number
  readonly sourceId: number
  readonly userName: string
  readonly password: string
  /** Its deliveries so far: name and text. */
  deliveries(): Promise<string[]>
  arrivals(): Promise<Arrival[]>
  /** A connection of ssh2's client. */
  connect(more?: ConnectConfig): Promise<Client>
  /** Runs OpenSSH's sftp with commands; gives what it printed. */
  sftp(commands: string): Promise<Ended>
  run(program: string, args: readonly string[]): Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly out: string
}

let accounts = 0

export async function runDropBox(
  database: Database,
  limits: Partial<DropBoxLimits> = {},
  fileBytesMax = 16 * 1024 ** 3,
): Promise<Running> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-dropbox-'))
  const deliveriesFolder = path.join(folder, 'deliveries')
  const told: number[] = []
  const errors: unknown[] = []
  const all = { ...DEFAULT_DROP_BOX_LIMITS, ...limits }
  const seal = sealing({ key: Buffer.alloc(32, 1).toString('base64'), keyFile: '/nonexistent' })
  const start = (port: number): Promise<DropBoxPart> =>
    startDropBox({
      database,
      deliveriesFolder,
      sealing: seal,
      host: '127.0.0.1',
      port,
      limits: all,
      fileBytesMax,
      now,
      onArrival: (siteId) => told.push(siteId),
      onError: (error) => errors.push(error),
    })
  let part: DropBoxPart | undefined = await start(0)
  const { port } = part
  after(async () => {
    await part?.stop(0)
    fs.rmSync(folder, { recursive: true })
  })
  const [hostKey] = await readHostKeys(database, seal, now)
  const knownHosts = path.join(folder, 'known_hosts')
  fs.writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey?.publicKey}\n`)
  const askPass = path.join(folder, 'askpass')
  fs.writeFileSync(askPass, '#!/bin/sh\nprintf "%s\\n" "$TEST_PASSWORD"\n', { mode: 0o700 })

  const account = async (
    settings: DropBoxSettings = {},
    keys: readonly SenderKey[] = [],
  ): Promise<Sender> => {
    const userName = `sender-${process.pid}-${++accounts}`
    const { id: siteId } = await createSite(database, `Site ${userName}`)
    const { id: sourceId } = await sourceNamed(database, siteId, 'default')
    const of = { siteId, sourceId, userName, keys, withPassword: true, settings }
    const { password = '' } = await makeAccount(database, of, now())
    const arrivals = (): Promise<Arrival[]> =>
      database.site(siteId, (session) => waitingArrivals(session, siteId))
    const options = [
      '-o',
      `UserKnownHostsFile=${knownHosts}`,
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      'BatchMode=no',
      '-o',
      'NumberOfPasswordPrompts=1',
      '-o',
      `User=${userName}`,
      '-F',
      '/dev/null',
    ]
    const run = (program: string, args: readonly string[]): Promise<Ended> =>
      ended(
        spawn(program, [...options, ...args], {
          cwd: folder,
          env: {
            ...process.env,
            SSH_ASKPASS: askPass,
            SSH_ASKPASS_REQUIRE: 'force',
            TEST_PASSWORD: password,
          },
        }),
      )
    return {
      siteId,
      sourceId,
      userName,
      password,
      arrivals,
      run,
      async deliveries() {
        return (await arrivals()).map(
          ({ fileName, path: at }) =>
            `${fileName}: ${fs.readFileSync(path.join(deliveriesFolder, at), 'utf8')}`,
        )
      },
      connect: (more = {}) =>
        connect({ host: '127.0.0.1', port, username: userName, password, ...more }),
      sftp: (commands) => {
        const batch = path.join(folder, `batch-${userName}-${Math.random()}`)
        fs.writeFileSync(batch, commands)
        return run('sftp', ['-b', batch, '-P', String(port), '127.0.0.1'])
      },
    }
  }
  return {
    database,
    folder,
    deliveriesFolder,
    port,
    limits: all,
    told,
    errors,
    account,
    async stop(graceMs) {
      await part?.stop(graceMs)
      part = undefined
    },
    async restart() {
      part = await start(port)
    },
  }
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let out = ''
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stdin?.end()
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out }
}

/** What a test does by protocol. */
export interface Client {
  readonly ssh: ssh2.Client
  readonly sftp: SFTPWrapper
  open(name: string, flags: string): Promise<Buffer>
  write(handle: Buffer, text: string, at?: number): Promise<void>
  close(handle: Buffer): Promise<void>
  rename(from: string, to: string): Promise<void>
  size(name: string): Promise<number>
  names(folder: string): Promise<string[]>
  put(name: string, text: string): Promise<void>
  /** Any call of ssh2's that answers by callback. */
  call<T = void>(method: string, ...args: readonly unknown[]): Promise<T>
  end(): void
  /** Cuts the line, as a lost network does. */
  cut(): Promise<void>
}

export async function connect(config: ConnectConfig): Promise<Client> {
  const ssh = new ssh2.Client()
  await new Promise<void>((resolve, reject) => {
    ssh.once('ready', resolve)
    ssh.once('error', reject)
    ssh.once('close', () => reject(new Error('closed')))
    ssh.connect(config)
  })
  ssh.on('error', () => {})
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
    ssh.sftp((error, made) => (error ? reject(error) : resolve(made))),
  )
  const call = <T>(method: string, ...args: readonly unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      const at = sftp as unknown as Record<string, (...args: unknown[]) => void>
      at[method]?.call(sftp, ...args, (error: Error | undefined, value: T) =>
        error ? reject(error) : resolve(value),
      )
    })
  const client: Client = {
    ssh,
    sftp,
    call,
    open: (name, flags) => call('open', name, flags),
    write: (handle, text, at = 0) => {
      const data = Buffer.from(text)
      return call('write', handle, data, 0, data.length, at)
    },
    close: (handle) => call('close', handle),
    rename: (from, to) => call('rename', from, to),
    size: async (name) => (await call<{ size: number }>('stat', name)).size,
    names: async (folder) =>
      (await call<{ filename: string }[]>('readdir', folder)).map(({ filename }) => filename),
    async put(name, text) {
      const handle = await client.open(name, 'w')
      if (text !== '') await client.write(handle, text)
      await client.close(handle)
    },
    end: () => ssh.end(),
    async cut() {
      const closed = once(ssh, 'close')
      ;(ssh as unknown as { _sock: { destroy(): void } })._sock.destroy()
      await closed
    },
  }
  return client
}

/** Waits until something is so, which it will be. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}
