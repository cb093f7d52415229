import { RollcallError } from '../errors.ts'
import { listAccounts, type StoredAccount } from '../store/accounts.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { giveRole } from './accounts.ts'
import { type AccountRole, type Actor, may, mayAllOf, type SiteRole } from './actor.ts'

/** An account as its site sees it: what it is elsewhere is nothing of that site's. */
export interface SiteAccount extends Omit<StoredAccount, 'roles' | 'failures'> {
  readonly role: SiteRole | null
}

/** An account with its role at one site. */
export function seenFrom(siteId: number, account: StoredAccount): SiteAccount {
  const { roles, failures: _, ...rest } = account
  const here = roles.find((each) => each.siteId === siteId)
  return { ...rest, role: (here?.role ?? null) as SiteRole | null }
}

/** Accounts that have a role at a site. */
export async function siteAccounts(database: Database, siteId: number): Promise<StoredAccount[]> {
  const all = await database.operator((session) => listAccounts(session))
  return all.filter(({ roles }) => roles.some((each) => each.siteId === siteId))
}

/**
 * An account by its number, for somebody who looks from a site: those of that site, and for whoever operates the installation
 * all of them.
 * @throws RollcallError ERR_NOT_FOUND
 */
export async function accountFor(
  database: Database,
  actor: Actor,
  siteId: number,
  id: number,
): Promise<StoredAccount> {
  const all = operates(actor)
    ? await database.operator((session) => listAccounts(session))
    : await siteAccounts(database, siteId)
  const found = all.find((each) => each.id === id)
  if (found !== undefined) return found
  throw new RollcallError('ERR_NOT_FOUND', `There is no account ${id} here`)
}

/**
 * Whether somebody may lock an account out or let it in: who administers a site only those that are of that site
 * alone, for what they are elsewhere is not his to give.
 * @throws RollcallError ERR_NOT_ALLOWED
 */
export function checkMayManage(actor: Actor, siteId: number, { roles }: StoredAccount): void {
  if (operates(actor) || roles.every((each) => each.siteId === siteId)) return
  throw new RollcallError('ERR_NOT_ALLOWED', 'The account is not of this site alone', {
    hint: 'Its role here may be changed or taken away. The rest is for the operator of the installation.',
  })
}

/**
 * Whether somebody may give a role, or a password to whoever has it: nobody gives what he has not got himself.
 * @throws RollcallError ERR_NOT_ALLOWED
 */
export function checkMayGive(actor: Actor, siteId: number, role: AccountRole | null): void {
  if (role === null || mayAllOf(actor, role, { siteId })) return
  throw new RollcallError('ERR_NOT_ALLOWED', `The role ${role} may more than whoever gives it`)
}

/** The same for a password: it gives every role that the account has. */
export function checkMaySetPassword(actor: Actor, siteId: number, account: StoredAccount): void {
  checkMayManage(actor, siteId, account)
  for (const each of account.roles) checkMayGive(actor, each.siteId, each.role)
}

/**
 * Gives an account another role at a site; null takes it away. Who administers the site cannot take away the only role that an
 * account has anywhere: nobody there could give it back, so it is disabled or removed instead.
 * @throws RollcallError ERR_NOT_ALLOWED
 */
export async function changeRole(
  database: Database,
  actor: Actor,
  { siteId, role }: { readonly siteId: number; readonly role: AccountRole | null },
  account: StoredAccount,
  now: Date,
): Promise<void> {
  checkMayGive(actor, siteId, role)
  const isOnly = account.roles.every((each) => each.siteId === siteId)
  if (role === null && isOnly && !operates(actor)) {
    throw new RollcallError('ERR_NOT_ALLOWED', 'The account has no other role', {
      hint: 'Disable or remove it.',
    })
  }
  await giveRole(database, account, siteId, role, now)
}

function operates(actor: Actor): boolean {
  return may(actor, 'operate', { siteId: INSTALLATION })
}
