import { eraseNameFromAudit } from '../access/audit.ts'
import { accountKey } from '../access/names.ts'
import { RollcallError } from '../errors.ts'
import { listAccounts } from '../store/accounts.ts'
import { countAuditNames } from '../store/audit.ts'
import { type Database, INSTALLATION, type Session } from '../store/connect.ts'
import { listSites } from '../store/sites.ts'
import { inPlace } from '../store/place.ts'
import { withDatabase } from './open.ts'
import { printJson, printLines } from './output.ts'

export interface AuditEraseOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

/**
 * Erases a colleague's name from the audit logs of the installation and of every site. Each log is done by itself: run again
 * after an error, it does the rest.
 */
export async function runAuditErase(name: string, options: AuditEraseOptions): Promise<void> {
  const dryRun = options.dryRun === true
  const entries = await withDatabase(async ({ database, actor }) => {
    await mustBeGone(database, name, actor.name)
    const one = (siteId: number) => (session: Session) =>
      dryRun
        ? countAuditNames(session, siteId, name)
        : eraseNameFromAudit(session, siteId, name, actor, new Date())
    const sites = (await listSites(database)).map(({ id }) => id)
    let sum = 0
    for (const id of [INSTALLATION, ...sites]) sum += await inPlace(database, id, one(id))
    return sum
  })
  if (options.json === true) printJson({ entries, dryRun })
  else if (entries === 0) printLines(['The name stands in no audit log.'])
  else if (dryRun) printLines([`The name stands in ${entries} entries. Nothing was erased.`])
  else printLines([`The values of ${entries} entries are erased; the chains hold.`])
}

/** Whoever is still here would be named again by what he does next. */
async function mustBeGone(database: Database, name: string, actor: string): Promise<void> {
  if (name === actor) {
    throw new RollcallError('ERR_USAGE', 'This is the name of whoever gives the command')
  }
  const accounts = await database.operator((session) => listAccounts(session, accountKey(name)))
  if (accounts.length === 0) return
  throw new RollcallError('ERR_USAGE', 'There is an account of this name', {
    hint: 'Remove it first: rollcall accounts remove NAME.',
  })
}
