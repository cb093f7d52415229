import { RollcallError } from '../errors.ts'
import { listAccounts } from '../store/accounts.ts'
import { countAuditNames } from '../store/audit.ts'
import { type Database, INSTALLATION, type Session } from '../store/connect.ts'
import { inPlace } from '../store/place.ts'
import { listSites } from '../store/sites.ts'
import type { Actor } from './actor.ts'
import { eraseNameFromAudit } from './audit.ts'
import { accountKey } from './names.ts'

/**
 * Erases a colleague's name from the audit logs of the installation and of every site; gives out of how many entries. Each log is
 * done by itself: run again after an error, it does the rest.
 * @throws RollcallError ERR_USAGE for the name of whoever asks, or of an account that there is
 */
export async function eraseName(
  database: Database,
  name: string,
  { actor, dryRun, now }: { readonly actor: Actor; readonly dryRun: boolean; readonly now: Date },
): Promise<number> {
  await mustBeGone(database, name, actor.name)
  const one = (siteId: number) => (session: Session) =>
    dryRun
      ? countAuditNames(session, siteId, name)
      : eraseNameFromAudit(session, siteId, name, actor, now)
  const sites = (await listSites(database)).map(({ id }) => id)
  let sum = 0
  for (const id of [INSTALLATION, ...sites]) sum += await inPlace(database, id, one(id))
  return sum
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
