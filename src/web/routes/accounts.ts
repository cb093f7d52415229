import { z } from 'zod'
import {
  createAccount,
  disableAccount,
  removeAccount,
  setPassword,
  unlockAccount,
} from '../../access/accounts.ts'
import { SITE_ROLES } from '../../access/actor.ts'
import {
  accountFor,
  changeRole,
  checkMayGive,
  checkMayManage,
  checkMaySetPassword,
  seenFrom,
  siteAccounts,
} from '../../access/site-accounts.ts'
import { listAccounts, type StoredAccount } from '../../store/accounts.ts'
import { INSTALLATION } from '../../store/connect.ts'
import { type Answer, type Asked, done, operation, type Operation } from '../operation.ts'
import { ANYTHING, NUMBER } from './shapes.ts'

const ACCOUNT = z.object({ account: NUMBER })
const NAME = z.string().min(1).max(1_000).meta({ description: 'Letters, digits and . _ @ + -' })
const PASSWORD = z.string().max(10_000).meta({ description: 'docs/access.md says which' })

const find = ({ database, site, caller }: Asked, id: number): Promise<StoredAccount> =>
  accountFor(database, caller.actor, site.id, id)

/** As whoever looks sees it: from a site with its role there, from the installation with all. */
function shown({ site }: Pick<Asked, 'site'>, account: StoredAccount): object {
  return site.id === INSTALLATION ? account : seenFrom(site.id, account)
}

/** Operations on one account: the same for a site and for the installation. */
function accountsOf(of: 'installation' | undefined): readonly Operation[] {
  const [one, whose] =
    of === undefined ? ['account', 'of the site'] : ['any_account', 'of any site']
  const shared = {
    tag: 'accounts',
    scope: 'administer',
    answer: z.looseObject({ id: z.int() }),
    ...(of === undefined ? {} : { of }),
  } as const
  const ROLES = of === undefined ? SITE_ROLES : (['operator'] as const)
  const allowed = async (
    asked: Asked,
    id: number,
    work: (account: StoredAccount) => Promise<void>,
  ): Promise<Answer> => {
    const account = await find(asked, id)
    checkMayManage(asked.caller.actor, asked.site.id, account)
    await work(account)
    return done(shown(asked, await find(asked, id)))
  }
  return [
    operation({
      ...shared,
      id: `list_${one}s`,
      method: 'get',
      path: '/accounts',
      summary: `Accounts ${whose}, with their roles`,
      answer: z.object({ accounts: z.array(ANYTHING) }),
      async run(asked) {
        const { database, site } = asked
        const all =
          of === undefined
            ? await siteAccounts(database, site.id)
            : await database.operator((session) => listAccounts(session))
        return done({ accounts: all.map((account) => shown(asked, account)) })
      },
    }),
    operation({
      ...shared,
      id: `create_${of === undefined ? 'account' : 'operator'}`,
      method: 'post',
      path: '/accounts',
      summary: of === undefined ? 'Make an account with a role at the site' : 'Make an operator',
      secrets: ['password'],
      body: z.object({
        name: NAME,
        role: z.enum(ROLES),
        password: PASSWORD.optional().meta({ description: 'Without one nobody can sign in yet' }),
      }),
      async run(asked, { name, role, password }) {
        const { database, site, caller, now } = asked
        checkMayGive(caller.actor, site.id, role)
        const made = { name, password, role: { siteId: site.id, role } }
        return done(shown(asked, await find(asked, await createAccount(database, made, now()))))
      },
    }),
    operation({
      ...shared,
      id: `set_role_of_${one}`,
      method: 'post',
      path: '/accounts/{account}/role',
      summary:
        of === undefined
          ? 'Give an account another role at the site'
          : 'Make an account an operator, or no longer one',
      params: ACCOUNT,
      body: z.object({ role: z.enum([...ROLES, 'none']) }),
      async run(asked, { account: id, role }) {
        const { database, site, caller, now } = asked
        const account = await find(asked, id)
        const to = { siteId: site.id, role: role === 'none' ? null : role }
        await changeRole(database, caller.actor, to, account, now())
        // Whoever has no role here any more is shown without it, this once.
        const all = await database.operator((session) => listAccounts(session))
        return done(shown(asked, all.find((each) => each.id === id) ?? account))
      },
    }),
    operation({
      ...shared,
      id: `set_password_of_${one}`,
      method: 'post',
      path: '/accounts/{account}/password',
      summary: `Set the password of an account ${whose}; a lock ends`,
      secrets: ['password'],
      params: ACCOUNT,
      body: z.object({ password: PASSWORD }),
      run: (asked, { account: id, password }) =>
        allowed(asked, id, async (account) => {
          checkMaySetPassword(asked.caller.actor, asked.site.id, account)
          await setPassword(asked.database, account, password, asked.now())
        }),
    }),
    operation({
      ...shared,
      id: `disable_${one}`,
      method: 'post',
      path: '/accounts/{account}/disable',
      summary: `Let nobody sign in with an account ${whose}; its roles stay`,
      params: ACCOUNT,
      run: (asked, { account: id }) =>
        allowed(asked, id, (account) => disableAccount(asked.database, account, asked.now())),
    }),
    operation({
      ...shared,
      id: `enable_${one}`,
      method: 'post',
      path: '/accounts/{account}/enable',
      summary: `Let an account ${whose} sign in again; a lock ends`,
      params: ACCOUNT,
      run: (asked, { account: id }) =>
        allowed(asked, id, async (account) => {
          await disableAccount(asked.database, account, null)
          await unlockAccount(asked.database, account)
        }),
    }),
    operation({
      ...shared,
      id: `remove_${one}`,
      method: 'delete',
      path: '/accounts/{account}',
      summary: `Remove an account ${whose} with its roles`,
      params: ACCOUNT,
      answer: z.object({ removed: z.int() }),
      async run(asked, { account: id }) {
        const account = await find(asked, id)
        checkMayManage(asked.caller.actor, asked.site.id, account)
        await removeAccount(asked.database, account, asked.now())
        return done({ removed: id })
      },
    }),
  ]
}

/** Who may sign in, and what as. */
export const ACCOUNTS: readonly Operation[] = [
  ...accountsOf(undefined),
  ...accountsOf('installation'),
]
