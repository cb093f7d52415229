import {
  accountNamed,
  createAccount,
  disableAccount,
  giveRole,
  removeAccount,
  setPassword,
  unlockAccount,
} from '../access/accounts.ts'
import type { AccountRole } from '../access/actor.ts'
import { RollcallError } from '../errors.ts'
import { listAccounts, type StoredAccount } from '../store/accounts.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { siteNamed } from '../store/sites.ts'
import { withDatabase } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { readNewSecret } from './secret-input.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface AccountOptions {
  readonly json?: boolean
}

export interface RoleOptions extends AccountOptions {
  readonly role?: AccountRole | 'none'
  readonly site?: string
}

export async function runAccountsList({ json }: AccountOptions): Promise<void> {
  const accounts = await withDatabase(({ database }) =>
    database.operator((session) => listAccounts(session)),
  )
  if (json === true) printJson({ accounts })
  else if (accounts.length === 0) {
    printLines([
      'There are no accounts. To make one: rollcall accounts create NAME --role operator',
    ])
  } else printLines(accountLines(accounts))
}

export async function runAccountsCreate(
  name: string,
  options: RoleOptions & { readonly password: boolean },
): Promise<void> {
  const password = options.password ? await readNewSecret('Password: ') : undefined
  await changed(name, options, async (database) => {
    const role = await chosen(database, options)
    await createAccount(database, { name, password, role }, new Date())
  })
}

export async function runAccountsPassword(name: string, options: AccountOptions): Promise<void> {
  const password = await readNewSecret('New password: ')
  await changed(name, options, async (database) =>
    setPassword(database, await accountNamed(database, name), password, new Date()),
  )
}

export async function runAccountsRole(name: string, options: RoleOptions): Promise<void> {
  await changed(name, options, async (database) => {
    const role = await chosen(database, options)
    if (role === undefined) throw new RollcallError('ERR_USAGE', 'Give --role')
    const account = await accountNamed(database, name)
    await giveRole(database, account, role.siteId, role.role, new Date())
  })
}

export async function runAccountsDisable(name: string, options: AccountOptions): Promise<void> {
  await changed(name, options, async (database) =>
    disableAccount(database, await accountNamed(database, name), new Date()),
  )
}

export async function runAccountsEnable(name: string, options: AccountOptions): Promise<void> {
  await changed(name, options, async (database) => {
    const account = await accountNamed(database, name)
    await disableAccount(database, account, null)
    await unlockAccount(database, account)
  })
}

export async function runAccountsRemove(name: string, { json }: AccountOptions): Promise<void> {
  const { id } = await withDatabase(async ({ database }) => {
    const account = await accountNamed(database, name)
    await removeAccount(database, account, new Date())
    return account
  })
  if (json === true) printJson({ removed: id })
  else printLines([`Account ${id} is removed`])
}

/** The site and role that options name; without a site, the role is an operator's or nothing. */
async function chosen(
  database: Database,
  { role, site }: RoleOptions,
): Promise<{ readonly siteId: number; readonly role: AccountRole | null } | undefined> {
  if (role === undefined) {
    if (site === undefined) return undefined
    throw new RollcallError('ERR_USAGE', 'Give --role together with --site')
  }
  const isOfSite = role !== 'operator' && (role !== 'none' || site !== undefined)
  if (isOfSite !== (site !== undefined)) {
    throw new RollcallError(
      'ERR_USAGE',
      isOfSite ? `Give --site: a ${role} is one at a site` : 'An operator is one for all sites',
    )
  }
  const siteId = site === undefined ? INSTALLATION : (await siteNamed(database, site)).id
  return { siteId, role: role === 'none' ? null : role }
}

async function changed(
  name: string,
  { json }: AccountOptions,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const account = await withDatabase(async ({ database }) => {
    await work(database)
    return accountNamed(database, name)
  })
  if (json === true) printJson({ accounts: [account] })
  else printLines(accountLines([account]))
}

function accountLines(accounts: readonly StoredAccount[]): string[] {
  const columns = ['account', 'roles', 'since', 'signed in', ''].map((heading) => ({ heading }))
  const rows = accounts.map((account) => [
    account.name,
    account.roles
      .map(({ site, role }) => (site === null ? role : `${role} at ${site}`))
      .join(', ') || 'none',
    timeText(account.createdAt),
    account.signedInAt === null ? 'never' : timeText(account.signedInAt),
    stateOf(account),
  ])
  return tableLines(columns, rows, bold)
}

function stateOf({ disabledAt, lockedUntil, hasPassword }: StoredAccount): string {
  if (disabledAt !== null) return `disabled since ${timeText(disabledAt)}`
  if (lockedUntil === 'infinity') return 'locked after too many wrong passwords'
  if (lockedUntil !== null) return `locked until ${timeText(lockedUntil)}`
  return hasPassword ? '' : 'no password'
}
