import { z } from 'zod'
import {
  accountNamed,
  changeAccount,
  makeAccount,
  removeAccount,
  setLocked,
  settingsOf,
  type ShownOnce,
} from '../../dropbox/accounts.ts'
import { readSenderKeys } from '../../dropbox/sender-keys.ts'
import { accountJson, filesInBox, shownHostKeys } from '../../dropbox/shown.ts'
import { COMPLETE_WHEN, dropBoxesOfSite, type SenderKey } from '../../store/drop-boxes.ts'
import { sourceNamed } from '../../store/sites.ts'
import { type Answer, type Asked, done, doneOnce, operation, type Operation } from '../operation.ts'
import { ANYTHING } from './shapes.ts'

const tag = 'drop box'
const USER = z.object({ user: z.string().min(1).max(100) })
const KEYS = z.string().max(65_536).optional().meta({
  description: 'Public keys of the sender, a line each, as OpenSSH or PuTTYgen writes them',
})
const SETTINGS = {
  complete: z.enum(COMPLETE_WHEN).optional().meta({ description: 'When an upload is a delivery' }),
  quietSeconds: z.int().optional(),
  names: z.string().max(255).optional().meta({ description: 'Which are deliveries, with * and ?' }),
  quotaBytes: z.int().optional(),
  from: z.array(z.string().max(100)).optional().meta({
    description: 'Networks from where the sender may come; any lets him come from anywhere',
  }),
}
const SHOWN_ONCE = z.object({
  user: z.string(),
  password: z.string().nullable().meta({ description: 'Of this answer alone' }),
})

function keysOf(text: string | undefined): readonly SenderKey[] {
  return text === undefined ? [] : readSenderKeys(text)
}

/** A password that was made is in this one answer, and in none that is stored. */
function shownOnce({ userName: user, password }: ShownOnce): Answer {
  return doneOnce({ user, password: password ?? null }, { user, password: null })
}

const account = ({ database, site }: Asked, user: string): ReturnType<typeof accountNamed> =>
  accountNamed(database, user, site.id)

/** Who may upload by SFTP, and what he needs to know. */
export const DROP_BOX: readonly Operation[] = [
  operation({
    id: 'show_drop_box',
    method: 'get',
    path: '/drop-box',
    tag,
    scope: 'read',
    summary: 'Where the drop box listens, and the fingerprints that senders compare',
    answer: z.object({
      port: z.int().nullable(),
      host: z.string(),
      accounts: z.int(),
      hostKeys: z.array(ANYTHING),
    }),
    async run({ database, site, calls, feeds, now }) {
      const { port = null, host } = feeds.dropBox
      const hostKeys = await shownHostKeys(database, calls.sealing, now)
      const boxes = await database.site(site.id, (session) => dropBoxesOfSite(session, site.id))
      return done({ port, host, accounts: boxes.length, hostKeys })
    },
  }),
  operation({
    id: 'list_drop_box_accounts',
    method: 'get',
    path: '/drop-box/accounts',
    tag,
    scope: 'read',
    summary: 'Accounts of the drop box that deliver to the site',
    answer: z.object({ accounts: z.array(ANYTHING) }),
    async run({ database, site }) {
      const boxes = await database.site(site.id, (session) => dropBoxesOfSite(session, site.id))
      return done({ accounts: boxes.map(accountJson) })
    },
  }),
  operation({
    id: 'show_drop_box_account',
    method: 'get',
    path: '/drop-box/accounts/{user}',
    tag,
    scope: 'read',
    summary: 'An account, its keys, and what lies in its box',
    params: USER,
    answer: z.object({ account: ANYTHING, files: z.array(ANYTHING) }),
    async run(asked, { user }) {
      const box = await account(asked, user)
      return done({ account: accountJson(box), files: await filesInBox(asked.database, box) })
    },
  }),
  operation({
    id: 'add_drop_box_account',
    method: 'post',
    path: '/drop-box/accounts',
    tag,
    scope: 'administer',
    summary: 'Make the account of a source; its password is made here and answered once',
    body: z.object({
      user: z.string().min(1).max(100),
      source: z.string().min(1).max(100).default('default'),
      keys: KEYS,
      withPassword: z
        .boolean()
        .optional()
        .meta({ description: 'Also beside keys; without keys there always is one' }),
      ...SETTINGS,
    }),
    answer: SHOWN_ONCE,
    async run({ database, site, now }, { user: userName, source, keys: text, ...said }) {
      const { id: sourceId } = await sourceNamed(database, site.id, source)
      const keys = keysOf(text)
      const withPassword = keys.length === 0 || said.withPassword === true
      const of = { siteId: site.id, sourceId, userName, keys, withPassword }
      return shownOnce(await makeAccount(database, { ...of, settings: settingsOf(said) }, now()))
    },
  }),
  operation({
    id: 'set_drop_box_account',
    method: 'patch',
    path: '/drop-box/accounts/{user}',
    tag,
    scope: 'administer',
    summary: 'Change an account; a new password is answered once',
    params: USER,
    body: z.object({
      password: z
        .enum(['new', 'none'])
        .optional()
        .meta({ description: 'new: make one; none: take it away' }),
      keys: KEYS.meta({ description: 'Further public keys' }),
      removeKeys: z.array(z.string().max(100)).optional().meta({ description: 'Fingerprints' }),
      ...SETTINGS,
    }),
    answer: SHOWN_ONCE,
    async run(asked, { user, password, keys, removeKeys = [], ...said }) {
      const change = {
        newPassword: password === 'new',
        noPassword: password === 'none',
        addKeys: keysOf(keys),
        removeKeys,
        settings: settingsOf(said),
      }
      return shownOnce(await changeAccount(asked.database, await account(asked, user), change))
    },
  }),
  operation({
    id: 'remove_drop_box_account',
    method: 'delete',
    path: '/drop-box/accounts/{user}',
    tag,
    scope: 'administer',
    summary: 'Remove an account with what lies in its box; deliveries stay',
    params: USER,
    answer: z.object({ user: z.string(), removed: z.boolean() }),
    async run(asked, { user }) {
      await removeAccount(asked.database, await account(asked, user), asked.deliveriesFolder)
      return done({ user, removed: true })
    },
  }),
  ...(['lock', 'unlock'] as const).map((what) =>
    operation({
      id: `${what}_drop_box_account`,
      method: 'post',
      path: `/drop-box/accounts/{user}/${what}`,
      tag,
      scope: 'administer',
      summary:
        what === 'lock'
          ? 'Lock an account: nobody signs in, and what is open ends'
          : 'Unlock an account, whatever locked it',
      params: USER,
      answer: z.looseObject({ user: z.string() }),
      async run(asked, { user }) {
        const at = what === 'lock' ? asked.now() : null
        await setLocked(asked.database, await account(asked, user), at)
        return done({ user, [`${what}ed`]: true })
      },
    }),
  ),
]
