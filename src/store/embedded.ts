import fs from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { findBinaries, runnable, type Binaries } from './embedded-binaries.ts'
import { isPrepared, makeCluster, prepare, settings, SUPERUSER } from './embedded-cluster.ts'
import { settle, socketFolder, type Place } from './embedded-folder.ts'
import { tryLock, waitForLock, type KernelLock } from './embedded-lock.ts'
import {
  runningPostmaster,
  settledPostmaster,
  startPostmaster,
  stopPostmaster,
  type Postmaster,
} from './embedded-postmaster.ts'

/** Long enough for another process to make the cluster on a slow disk, or to recover it. */
const START_LOCK_LIMIT_MS = 180_000
const LEAVE_LOCK_LIMIT_MS = 2_000

/** The embedded server, in use by this process until it leaves. */
export interface Embedded {
  /** Folder of the Unix socket: what clients take for the host. */
  readonly socketFolder: string
  /** Folder that holds the cluster. */
  readonly base: string
  /** Starts the server again if it is gone, or going. */
  readonly ensure: () => Promise<void>
  /**
   * Leaves. The last process to leave stops the server, without waiting for it unless told to; it is left running when
   * somebody else (psql, say) is connected; not asked for where nobody was a moment ago (`alone`).
   */
  readonly leave: (options?: { readonly wait?: boolean; readonly alone?: boolean }) => Promise<void>
}

export interface EmbeddedOptions {
  /** Told one line when something takes long or is out of the ordinary. */
  readonly notice?: (line: string) => void
  /** Binaries to use instead of the installed package's. */
  readonly binaries?: Binaries
  /** Folder for clusters of homes that the server's user cannot reach. */
  readonly shelter?: string
  /** Server settings on top of ours. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Joins the embedded database under `home`, making and starting it if need be. Any number of processes share it: each
 * holds a shared lock while it uses it, so that whoever gets the lock for itself alone when it leaves was the last,
 * whatever became of the others. Starting and stopping happen under a second lock.
 * @throws RollcallError ERR_EMBEDDED_MISSING, ERR_EMBEDDED_FOLDER or ERR_EMBEDDED_START.
 */
export async function joinEmbedded(home: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  const place = settle(path.resolve(home), options.shelter)
  const notice = options.notice ?? (() => {})
  const binaries = options.binaries ?? findBinaries()
  const users = path.join(place.home, 'users.lock')
  let using: KernelLock | undefined

  const ensure = async (): Promise<Postmaster> => {
    const starting = await startLock(place, START_LOCK_LIMIT_MS, notice)
    if (starting === undefined) {
      throw new RollcallError(
        'ERR_EMBEDDED_START',
        `Another process has been starting the database in ${place.home} for minutes`,
        {
          hint: 'Look whether it hangs, end it, and try again.',
        },
      )
    }
    try {
      using ??= await waitForLock(users, 'shared', LEAVE_LOCK_LIMIT_MS)
      return await running(place, binaries, options.settings ?? {}, notice)
    } catch (error) {
      using?.release()
      using = undefined
      throw error
    } finally {
      starting.release()
    }
  }

  const leave = async (wait: boolean, wasAlone: boolean): Promise<void> => {
    if (using === undefined) return
    const starting = await startLock(place, LEAVE_LOCK_LIMIT_MS, () => {})
    using.release()
    using = undefined
    // Whoever holds the start lock uses the database too, so that the last one is yet to leave.
    if (starting === undefined) return
    const alone = tryLock(users, 'exclusive')
    try {
      const others = alone === undefined ? 'connected' : wasAlone ? 'none' : await othersOn(place)
      if (others !== 'connected') {
        // PostgreSQL 18 that is told to stop in good order while it recovers from a breakdown of its own (a full disk, a
        // killed backend) never ends. It has nothing to write then.
        const immediate = others === 'recovering'
        await stopPostmaster(path.join(place.base, 'pg'), { wait, immediate })
      }
    } finally {
      alone?.release()
      starting.release()
    }
  }

  const { socketFolder } = await ensure()
  return {
    socketFolder,
    base: place.base,
    ensure: async () => void (await ensure()),
    leave: ({ wait = false, alone = false } = {}) => leave(wait, alone),
  }
}

function startLock(
  place: Place,
  limitMs: number,
  notice: (line: string) => void,
): Promise<KernelLock | undefined> {
  const slow = setTimeout(() => notice('Waiting for another process to start the database'), 1_500)
  return waitForLock(path.join(place.home, 'start.lock'), 'exclusive', limitMs).finally(() =>
    clearTimeout(slow),
  )
}

/** The running server, started if need be. Needs the start lock and a shared lock on the users. */
async function running(
  place: Place,
  binaries: Binaries,
  more: Readonly<Record<string, string>>,
  notice: (line: string) => void,
): Promise<Postmaster> {
  const cluster = path.join(place.base, 'pg')
  let server = fs.existsSync(cluster) ? await settledPostmaster(cluster, notice) : undefined
  if (server !== undefined && !fs.existsSync(path.join(server.socketFolder, '.s.PGSQL.5432'))) {
    notice(
      `The database's socket in ${server.socketFolder} was removed; starting the database anew`,
    )
    await stopPostmaster(cluster, { wait: true })
    server = undefined
  }
  if (server === undefined) {
    const programs = runnable(binaries, place, notice)
    if (!fs.existsSync(cluster)) notice(`Making the database in ${place.base}`)
    await makeCluster(binaries, programs, place)
    server = await startPostmaster({
      binaries: programs,
      cluster,
      place,
      settings: settings(socketFolder(place), more),
      notice,
    })
  }
  if (!isPrepared(cluster)) await prepare(cluster, server.socketFolder)
  return server
}

/** Connections of anybody but Rollcall, as any role may see them. What is of no database is PostgreSQL's own. */
export const OTHERS_CONNECTED = `select from pg_stat_activity
  where datid is not null and usesysid is not null and application_name not like 'rollcall%'`

/**
 * Whether anybody but Rollcall is connected. A killed process of ours may have left a connection, which does not count. A
 * server that recovers takes no connection.
 */
async function othersOn(place: Place): Promise<'connected' | 'none' | 'recovering'> {
  const server = runningPostmaster(path.join(place.base, 'pg'))
  if (server?.status !== 'ready') return 'none'
  const { Client } = await import('pg')
  const client = new Client({
    host: server.socketFolder,
    user: SUPERUSER,
    database: 'postgres',
    application_name: 'rollcall leaving',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rowCount } = await client.query(OTHERS_CONNECTED)
    return (rowCount ?? 0) > 0 ? 'connected' : 'none'
  } catch {
    return 'recovering'
  } finally {
    await client.end().catch(() => {})
  }
}
