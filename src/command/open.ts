import { type Actor, senderOf } from '../access/actor.ts'
import { readConfig, type Config } from '../config.ts'
import { INSTALLATION, openDatabase, type Database } from '../store/connect.ts'
import { siteNamed, type Site } from '../store/sites.ts'
import { actorNow, inAudit } from './acting.ts'
import { takeJoined } from './join-ahead.ts'
import { notice } from './notice.ts'

/** What a command works with. */
export interface Opened {
  readonly config: Config
  readonly database: Database
  /** Who has started it. */
  readonly actor: Actor
  /** His name, as deliveries and decisions have it. */
  readonly sender: string
}

/**
 * Opens the database for a command about the installation and closes it whatever happens. One that changes anything is in the
 * audit log.
 */
export function withDatabase<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  return open((opened) => inAudit(opened.database, INSTALLATION, opened.actor, () => work(opened)))
}

async function open<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readConfig(process.env)
  const joined = takeJoined()
  const database = await openDatabase(config, { notice, ...(joined && { joined }) })
  try {
    const actor = await actorNow(database)
    return await work({ config, database, actor, sender: senderOf(actor) })
  } finally {
    await database.close()
  }
}

/** The same for a site by name. */
export function withSite<T>(
  name: string,
  work: (opened: Opened & { readonly site: Site }) => Promise<T>,
): Promise<T> {
  return open(async (opened) => {
    const { database, actor } = opened
    const site = await siteNamed(database, name)
    return inAudit(database, site.id, actor, () => work({ ...opened, site }))
  })
}

/** Where a command works that may be about a site or about the installation. */
export interface Place {
  readonly site: string
  readonly installation?: boolean
}

/** The same for either; `siteId` is INSTALLATION for the installation. */
export function withPlace<T>(
  { site, installation }: Place,
  work: (database: Database, siteId: number) => Promise<T>,
): Promise<T> {
  return installation === true
    ? withDatabase(({ database }) => work(database, INSTALLATION))
    : withSite(site, (opened) => work(opened.database, opened.site.id))
}
