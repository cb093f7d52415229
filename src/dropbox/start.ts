import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { RollcallError } from '../errors.ts'
import type { Part } from '../part.ts'
import type { Database } from '../store/connect.ts'
import type { Sealing } from '../store/sealed.ts'
import { Counts, plainAddress } from './addresses.ts'
import { ALGORITHMS } from './algorithms.ts'
import { Connection } from './connection.ts'
import { readHostKeys } from './host-keys.ts'
import type { BoxContext } from './in-box.ts'
import type { DropBoxLimits } from './limits.ts'
import { Pace } from './pace.ts'
import { tendBoxes } from './tend.ts'

export interface DropBoxOptions {
  readonly database: Database
  readonly deliveriesFolder: string
  readonly sealing: Sealing
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly limits: DropBoxLimits
  /** Bytes of one file: the limit on a delivery. */
  readonly fileBytesMax: number
  readonly now: () => Date
  /** Called when a delivery of a site has come. */
  readonly onArrival: (siteId: number) => void
  readonly onError: (error: unknown) => void
}

/** Stopped, uploads that are under way have their time, then they are broken off, to be resumed. */
export interface DropBoxPart extends Part {
  readonly port: number
}

/** Milliseconds between two looks at the times of connections, and at the boxes. */
const CHECK_MS = 1000
const TEND_MS = 5000

/**
 * Starts the SFTP server of the drop box.
 * @throws RollcallError ERR_PORT_UNUSABLE when the port cannot be listened on, ERR_SECRET_UNREADABLE for the host keys
 */
export async function startDropBox(options: DropBoxOptions): Promise<DropBoxPart> {
  const { database, deliveriesFolder, limits, fileBytesMax, now, onArrival, onError } = options
  const keys = await readHostKeys(database, options.sealing, now)
  const context: BoxContext = {
    database,
    deliveriesFolder,
    limits,
    fileBytesMax,
    now,
    onArrival,
    uploads: new Map(),
  }
  const clock = (): number => performance.now()
  const counts = new Counts(limits, clock)
  const pace = new Pace(limits.bytesPerSecondMax, clock)
  const connections = new Map<string, Connection>()
  const ending = new Set<Promise<void>>()

  const hostKeys = keys.map(({ privateKey }) => privateKey)
  const ssh = new ssh2.Server({ hostKeys, algorithms: ALGORITHMS, ident: 'Rollcall' })
  ssh.on('connection', (client, info) => {
    const connection = connections.get(`${info.ip} ${info.port}`)
    if (connection === undefined) client.end()
    else connection.speak(client, info.header.versions.software)
  })
  const welcome = (socket: Socket): void => {
    const address = plainAddress(socket.remoteAddress)
    if (socket.remoteAddress === undefined || !counts.enter(address)) {
      socket.destroy()
      return
    }
    const key = `${socket.remoteAddress} ${socket.remotePort}`
    const connection = new Connection(socket, { context, counts, pace, clock, onError })
    connections.set(key, connection)
    socket.once('close', () => {
      counts.leave(address)
      connections.delete(key)
      const over = connection.over().catch(onError)
      ending.add(over)
      void over.then(() => ending.delete(over))
    })
    ssh.injectSocket(socket)
  }
  const listener = createServer({ noDelay: true }, welcome)
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (cause: NodeJS.ErrnoException) => {
      const { code } = cause
      const message = `The drop box cannot listen on port ${options.port} (${code})`
      const hint = 'Another program may have it, or it is below 1024: see ROLLCALL_DROPBOX_PORT.'
      reject(new RollcallError('ERR_PORT_UNUSABLE', message, { hint, cause }))
    })
    listener.listen(options.port, options.host, resolve)
  })
  listener.on('error', onError)

  const checks = setInterval(() => {
    for (const connection of connections.values()) connection.check()
  }, CHECK_MS)
  const stopped = new AbortController()
  const tending = tendUntil(stopped.signal, () => tendBoxes(context, onError), onError)

  return {
    name: 'drop box',
    port: (listener.address() as AddressInfo).port,
    async stop(graceMs) {
      stopped.abort()
      const isClosed = new Promise<void>((resolve) => listener.close(() => resolve()))
      const until = clock() + graceMs
      for (;;) {
        const isOver = clock() >= until
        for (const connection of connections.values()) {
          if (isOver || !connection.isWriting) connection.end()
        }
        if (connections.size === 0) break
        await wait(50)
      }
      clearInterval(checks)
      await isClosed
      await Promise.all(ending)
      await tending
    },
  }
}

/** Does something again and again, with pauses, until it is told to stop. */
export async function tendUntil(
  signal: AbortSignal,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch(onError)
    await wait(TEND_MS, undefined, { signal, ref: false }).catch(() => {})
  }
}
