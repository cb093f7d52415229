import { readConfig, type Config } from '../config.ts'
import { openDatabase, type Database } from '../store/connect.ts'
import { siteNamed, type Site } from '../store/sites.ts'

/** What a command works with. */
export interface Opened {
  readonly config: Config
  readonly database: Database
}

/** Opens the database for a command and closes it whatever happens. */
export async function withDatabase<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readConfig(process.env)
  const database = await openDatabase(config, { notice })
  try {
    return await work({ config, database })
  } finally {
    await database.close()
  }
}

/** The same for a site by name. */
export function withSite<T>(
  name: string,
  work: (opened: Opened & { readonly site: Site }) => Promise<T>,
): Promise<T> {
  return withDatabase(async (opened) => {
    const site = await siteNamed(opened.database, name)
    return work({ ...opened, site })
  })
}

/** One line on standard error about something that takes long or is out of the ordinary. */
export function notice(line: string): void {
  process.stderr.write(`rollcall: ${line}\n`)
}
