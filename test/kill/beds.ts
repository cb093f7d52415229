/** Databases that are made quickly from one that was kept, embedded or on a server, and what lies in their data folders. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { type Embedded, joinEmbedded } from '../../src/store/embedded.ts'
import { runningPostmaster } from '../../src/store/embedded-postmaster.ts'
import { migrate } from '../../src/store/migrate.ts'
import { SERVER_ROLES } from '../database.ts'
import { roomyFolder } from '../roomy-folder.ts'
import { findServer, startServer, type TestServer } from '../server.ts'
import { type Dump, dumpOf } from './site-dump.ts'

/** A database and a data folder of its own. */
export interface Bed {
  readonly home: string
  /** What a rollcall process on it finds in its environment. */
  readonly environment: NodeJS.ProcessEnv
  dump(): Promise<Dump>
  /** Runs `work` as the superuser. */
  look<T>(work: (client: Client) => Promise<T>): Promise<T>
  /** Kills the embedded database's server with SIGKILL, and says whether it ran; a server of its own is not touched. */
  killDatabase(): boolean
  remove(): Promise<void>
}

export interface Beds {
  /** The server that they are on. */
  readonly server?: TestServer
  /** A new one: empty, or as one that was kept. */
  make(like?: string): Promise<Bed>
  /** Keeps it under a name, to make others like it. It is of no more use itself. */
  keep(bed: Bed, name: string): Promise<void>
  close(): Promise<void>
}

/** A bed takes 70 MiB, or 150 while it is imported into. */
const ROOM_BYTES = 2 * 1024 ** 3

export type Kind = 'embedded' | 'server'

/** Undefined where there are no programs for a server. */
export async function bedsOf(kind: Kind): Promise<Beds | undefined> {
  const root = fs.mkdtempSync(path.join(roomyFolder(ROOM_BYTES), 'rollcall-kill-'))
  fs.chmodSync(root, 0o711)
  if (kind === 'embedded') return embeddedBeds(root)
  const programs = findServer()
  if (programs === undefined) fs.rmSync(root, { recursive: true })
  return programs === undefined ? undefined : serverBeds(root, programs)
}

function embeddedBeds(root: string): Beds {
  let made = 0
  const look = async <T>(home: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const embedded = await joinEmbedded(home)
    let client: Client | undefined
    try {
      client = await connected(embedded)
      return await work(client)
    } finally {
      await client?.end().catch(() => {})
      await embedded.leave({ wait: true })
    }
  }
  return {
    make(like) {
      const home = path.join(root, `home-${++made}`)
      if (like !== undefined) execFileSync('cp', ['-a', path.join(root, like), home])
      return Promise.resolve({
        home,
        environment: { ROLLCALL_HOME: home, DATABASE_URL: '', DATABASE_OWNER_URL: '' },
        look: (work) => look(home, work),
        dump: () => look(home, (client) => dumpOf(client, home)),
        killDatabase() {
          const server = runningPostmaster(path.join(home, 'pg'))
          return server !== undefined && process.kill(server.pid, 'SIGKILL')
        },
        async remove() {
          // The last command has told the server to stop, and did not wait for it.
          if (fs.existsSync(path.join(home, 'pg/postmaster.pid'))) {
            await (await joinEmbedded(home)).leave({ wait: true })
          }
          fs.rmSync(home, { recursive: true, force: true })
        },
      })
    },
    async keep({ home }, name) {
      await (await joinEmbedded(home)).leave({ wait: true })
      fs.renameSync(home, path.join(root, name))
    },
    close() {
      fs.rmSync(root, { recursive: true, force: true })
      return Promise.resolve()
    },
  }
}

/** The server may have been killed just now: it dies while it is joined. */
async function connected(embedded: Embedded): Promise<Client> {
  for (let look = 1; ; look++) {
    const client = new Client({
      host: embedded.socketFolder,
      user: 'postgres',
      database: 'rollcall',
      application_name: 'rollcall test',
    })
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      if (look === 20) throw error
      await sleep(100)
      await embedded.ensure()
    }
  }
}

async function serverBeds(root: string, programs: string): Promise<Beds> {
  const server = await startServer(programs)
  // A connection each time: tests restart the server.
  const admin = async (statement: string): Promise<void> => {
    const client = new Client(server.url)
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const urlOf = (user: string, database: string): string => {
    const url = new URL(server.url)
    url.username = user
    url.password = SERVER_ROLES.password
    url.pathname = database
    return url.href
  }
  const { owner, app } = SERVER_ROLES
  await admin(`create database migrated owner ${owner}`)
  await migrate({ connectionString: urlOf(owner, 'migrated') }, { appRole: app })
  let made = 0
  const bed = (name: string): Bed => {
    const home = path.join(root, name)
    const look = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
      const client = new Client(urlOf('postgres', name))
      await client.connect()
      try {
        return await work(client)
      } finally {
        await client.end()
      }
    }
    return {
      home,
      environment: {
        ROLLCALL_HOME: home,
        DATABASE_URL: urlOf(app, name),
        DATABASE_OWNER_URL: urlOf(owner, name),
      },
      look,
      dump: () => look((client) => dumpOf(client, home)),
      // It is another machine's, as it were.
      killDatabase: () => false,
      async remove() {
        await admin(`drop database ${name} with (force)`)
        fs.rmSync(home, { recursive: true, force: true })
      },
    }
  }
  return {
    server,
    async make(like) {
      const name = `bed_${++made}`
      // Copied as files, for that takes checkpoints: a copy by the log would share with its template the 32 values that
      // each sequence is ahead of the log, and a breakdown would make it give them out again.
      const template = `template ${like ?? 'migrated'} strategy file_copy`
      await admin(`create database ${name} ${template} owner ${owner}`)
      const home = path.join(root, name)
      if (like === undefined) fs.mkdirSync(home)
      else execFileSync('cp', ['-a', path.join(root, like), home])
      return bed(name)
    },
    async keep({ home }, name) {
      await admin(`alter database ${path.basename(home)} rename to ${name}`)
      fs.renameSync(home, path.join(root, name))
    },
    async close() {
      await server.stop()
      fs.rmSync(root, { recursive: true, force: true })
    },
  }
}
