import { RollcallError } from '../errors.ts'
import {
  deleteAccount,
  insertAccount,
  listAccounts,
  setDisabled,
  setPasswordHash,
  setRole,
  type StoredAccount,
  unlock,
} from '../store/accounts.ts'
import { withdrawApprovals } from '../store/approvals.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { goOnAt, inPlace } from '../store/place.ts'
import { listSites } from '../store/sites.ts'
import type { AccountRole } from './actor.ts'
import { hashPassword } from './hashing.ts'
import { accountKey, accountName } from './names.ts'
import { checkPassword } from './password-rules.ts'

/** @throws RollcallError ERR_NOT_FOUND */
export async function accountNamed(database: Database, name: string): Promise<StoredAccount> {
  const [account] = await database.operator((session) => listAccounts(session, accountKey(name)))
  if (account !== undefined) return account
  throw new RollcallError('ERR_NOT_FOUND', 'There is no account of this name', {
    hint: 'rollcall accounts list shows them.',
  })
}

export interface NewAccount {
  readonly name: string
  readonly password: string | undefined
  /** At INSTALLATION: an operator. */
  readonly role?: { readonly siteId: number; readonly role: AccountRole | null } | undefined
}

/**
 * Makes an account, with a password and a role if they are given: all of it or nothing.
 * @throws RollcallError ERR_USAGE for its name, ERR_PASSWORD_REFUSED; then there is none
 */
export async function createAccount(
  database: Database,
  { name: text, password, role }: NewAccount,
  now: Date,
): Promise<number> {
  const name = accountName(text)
  if (password !== undefined) checkPassword(password, await namesAround(database, name))
  const hash = password === undefined ? undefined : await hashPassword(password)
  const at = now.toISOString()
  return database.installation(async (session) => {
    const id = await insertAccount(session, name, accountKey(name), at)
    if (id === undefined) {
      throw new RollcallError('ERR_USAGE', 'There is an account of this name already')
    }
    if (hash !== undefined) await setPasswordHash(session, id, hash, at)
    if (role !== undefined) {
      await goOnAt(session, role.siteId)
      await setRole(session, role.siteId, id, role.role, at)
    }
    return id
  })
}

/**
 * Sets a password; a lock ends.
 * @throws RollcallError ERR_PASSWORD_REFUSED
 */
export async function setPassword(
  database: Database,
  account: Pick<StoredAccount, 'id' | 'name'>,
  password: string,
  now: Date,
): Promise<void> {
  checkPassword(password, await namesAround(database, account.name))
  const hash = await hashPassword(password)
  await database.installation((session) =>
    setPasswordHash(session, account.id, hash, now.toISOString()),
  )
}

/** What is obvious as a password here: the account's name and those of all sites. */
async function namesAround(database: Database, name: string): Promise<string[]> {
  return [name, ...(await listSites(database)).map((site) => site.name)]
}

/**
 * Gives a role at a site, in place of the one before; null takes it away. An operator is one for the installation. What
 * the account has approved there under its earlier role falls away.
 */
export async function giveRole(
  database: Database,
  { id }: Pick<StoredAccount, 'id'>,
  siteId: number,
  role: AccountRole | null,
  now: Date,
): Promise<boolean> {
  await withdrawAll(database, id, siteId)
  return inPlace(database, siteId, (session) =>
    setRole(session, siteId, id, role, now.toISOString()),
  )
}

/** Releases that an account has approved and that wait for a second person no longer count. */
async function withdrawAll(database: Database, id: number, siteId: number): Promise<void> {
  const all =
    siteId === INSTALLATION ? (await listSites(database)).map((site) => site.id) : [siteId]
  for (const each of all) {
    await database.site(each, (session) => withdrawApprovals(session, each, id))
  }
}

/** Who is disabled cannot sign in; roles stay. */
export async function disableAccount(
  database: Database,
  { id }: Pick<StoredAccount, 'id'>,
  at: Date | null,
): Promise<void> {
  if (at !== null) await withdrawAll(database, id, INSTALLATION)
  await database.installation((session) => setDisabled(session, id, at?.toISOString() ?? null))
}

export async function unlockAccount(
  database: Database,
  { id }: Pick<StoredAccount, 'id'>,
): Promise<void> {
  await database.installation((session) => unlock(session, id))
}

/** Removes an account with its roles. */
export async function removeAccount(
  database: Database,
  account: Pick<StoredAccount, 'id' | 'roles'>,
  now: Date,
): Promise<void> {
  await withdrawAll(database, account.id, INSTALLATION)
  for (const { siteId } of account.roles) await giveRole(database, account, siteId, null, now)
  await database.installation((session) => deleteAccount(session, account.id))
}
