import { readFileSync, statSync } from 'node:fs'
import {
  accountNamed,
  changeAccount,
  makeAccount,
  removeAccount,
  setLocked,
  settingsOf,
  type ShownOnce,
} from '../dropbox/accounts.ts'
import { importHostKey } from '../dropbox/host-keys.ts'
import { readSenderKeys } from '../dropbox/sender-keys.ts'
import { accountJson, filesInBox, shownHostKeys } from '../dropbox/shown.ts'
import { RollcallError } from '../errors.ts'
import { timeText } from '../shown/time.ts'
import {
  type CompleteWhen,
  type DropBoxSettings,
  listDropBoxes,
  type NamedDropBox,
  type SenderKey,
} from '../store/drop-boxes.ts'
import { sealing } from '../store/sealed.ts'
import { sourceNamed } from '../store/sites.ts'
import { withDatabase, withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'

export interface DropBoxShowOptions {
  readonly json?: boolean
}
export type AccountOptions = DropBoxShowOptions

interface SettingOptions extends AccountOptions {
  readonly complete?: CompleteWhen
  readonly quiet?: number
  readonly names?: string
  readonly quota?: number
  readonly from?: readonly string[]
}

export interface AccountAddOptions extends SettingOptions {
  readonly site: string
  readonly source: string
  readonly key?: readonly string[]
  readonly withPassword?: boolean
}

export interface AccountSetOptions extends SettingOptions {
  readonly newPassword?: boolean
  /** False where the password is to be taken away. */
  readonly password: boolean
  readonly key?: readonly string[]
  readonly removeKey?: readonly string[]
}

/** Bytes of a file with keys: ten of the longest fit. */
const KEY_FILE_BYTES_MAX = 65_536

export async function runDropBoxShow({ json }: DropBoxShowOptions): Promise<void> {
  const shown = await withDatabase(async ({ config, database }) => ({
    ...config.dropBox,
    keys: await shownHostKeys(database, sealing(config), () => new Date()),
    accounts: (await listDropBoxes(database)).length,
  }))
  const { port, host, accounts, keys } = shown
  if (json === true) {
    printJson({ port: port ?? null, host, accounts, hostKeys: keys })
    return
  }
  printLines([
    port === undefined
      ? 'The drop box is off: ROLLCALL_DROPBOX_PORT is not set.'
      : `The drop box listens on port ${port} of ${host}.`,
    `Accounts: ${accounts}`,
    '',
    'What senders compare when they connect for the first time:',
    ...keys.map(({ algorithm, fingerprint }) => `  ${fingerprint}  ${algorithm}`),
  ])
}

export async function runDropBoxImportKey(
  file: string,
  options: DropBoxShowOptions,
): Promise<void> {
  const text = textOf(file)
  await withDatabase(({ config, database }) =>
    importHostKey(database, sealing(config), { text, now: new Date().toISOString() }),
  )
  await runDropBoxShow(options)
}

export async function runAccountsList({ json }: AccountOptions): Promise<void> {
  const boxes = await withDatabase(({ database }) => listDropBoxes(database))
  if (json === true) {
    printJson({ accounts: boxes.map(accountJson) })
    return
  }
  if (boxes.length === 0) {
    printLines(['There are no accounts. To make one: rollcall dropbox accounts add NAME'])
    return
  }
  const columns = ['user', 'site', 'source', 'signs in with', 'complete when', 'signed in', ''].map(
    (heading) => ({ heading }),
  )
  const rows = boxes.map((box) => [
    box.userName,
    box.site,
    box.source,
    waysOf(box),
    completeWords(box.settings),
    box.signedInAt === null ? 'never' : timeText(box.signedInAt),
    stateWords(box),
  ])
  printLines(tableLines(columns, rows, bold))
}

export async function runAccountsShow(userName: string, { json }: AccountOptions): Promise<void> {
  const { box, files } = await withDatabase(async ({ database }) => {
    const box = await accountNamed(database, userName)
    return { box, files: await filesInBox(database, box) }
  })
  if (json === true) {
    printJson({ account: accountJson(box), files })
    return
  }
  const { settings, keys, signedInAt, signedInFrom } = box
  const columns = [
    { heading: 'in the box' },
    { heading: 'bytes', align: 'right' as const },
    { heading: '' },
  ]
  const rows = files.map(({ path, bytes, kind }) => [path, `${bytes}`, KIND_WORDS[kind]])
  printLines([
    `${bold(userName)} (site ${box.site}, source ${box.source}, since ${timeText(box.createdAt)})`,
    ...[stateWords(box)].filter((line) => line !== ''),
    `Signs in with: ${waysOf(box)}`,
    ...keys.map((key) => `  ${key.fingerprint}  ${key.type}  ${key.comment}`),
    ...(settings.from === undefined ? [] : [`From: ${settings.from.join(', ')}`]),
    ...(signedInAt === null ? [] : [`Signed in: ${timeText(signedInAt)} from ${signedInFrom}`]),
    `Complete when: ${completeWords(settings)}`,
    ...(settings.names === undefined ? [] : [`Names of deliveries: ${settings.names}`]),
    ...(settings.quotaBytes === undefined ? [] : [`Quota: ${settings.quotaBytes} bytes`]),
    '',
    ...(rows.length === 0 ? ['The box is empty.'] : tableLines(columns, rows, bold)),
  ])
}

export async function runAccountsAdd(userName: string, options: AccountAddOptions): Promise<void> {
  const keys = keysOf(options.key)
  const withPassword = keys.length === 0 || options.withPassword === true
  const made = await withSite(options.site, async ({ database, site }) => {
    const source = await sourceNamed(database, site.id, options.source)
    const of = { siteId: site.id, sourceId: source.id, userName, keys, withPassword }
    return makeAccount(database, { ...of, settings: settingsGiven(options) }, new Date())
  })
  printOnce(made, options)
}

export async function runAccountsSet(userName: string, options: AccountSetOptions): Promise<void> {
  const { newPassword = false, password, removeKey = [] } = options
  if (newPassword && !password) {
    throw new RollcallError('ERR_USAGE', 'Give --new-password or --no-password, not both')
  }
  const addKeys = keysOf(options.key)
  const changed = await withDatabase(async ({ database }) =>
    changeAccount(database, await accountNamed(database, userName), {
      newPassword,
      noPassword: !password,
      addKeys,
      removeKeys: removeKey,
      settings: settingsGiven(options),
    }),
  )
  printOnce(changed, options)
}

export async function runAccountsRemove(userName: string, options: AccountOptions): Promise<void> {
  await withDatabase(async ({ config, database }) =>
    removeAccount(database, await accountNamed(database, userName), config.deliveriesFolder),
  )
  printDone(userName, 'removed', options)
}

export async function runAccountsLock(userName: string, options: AccountOptions): Promise<void> {
  await withDatabase(async ({ database }) =>
    setLocked(database, await accountNamed(database, userName), new Date()),
  )
  printDone(userName, 'locked', options)
}

export async function runAccountsUnlock(userName: string, options: AccountOptions): Promise<void> {
  await withDatabase(async ({ database }) =>
    setLocked(database, await accountNamed(database, userName), null),
  )
  printDone(userName, 'unlocked', options)
}

function settingsGiven({ quiet, quota, ...said }: SettingOptions): DropBoxSettings {
  return settingsOf({ ...said, quietSeconds: quiet, quotaBytes: quota })
}

function keysOf(files: readonly string[] | undefined): SenderKey[] {
  return (files ?? []).flatMap((file) => readSenderKeys(textOf(file)))
}

function textOf(file: string): string {
  try {
    if (statSync(file).size <= KEY_FILE_BYTES_MAX) return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} cannot be read`, { cause })
  }
  throw new RollcallError('ERR_KEY_REFUSED', `${file} is too large to be a key`)
}

function printOnce({ userName, password }: ShownOnce, { json }: AccountOptions): void {
  if (json === true) printJson({ user: userName, password: password ?? null })
  else if (password === undefined) printLines([`The account ${userName} is set`])
  else {
    printLines([
      `User name: ${userName}`,
      `Password:  ${password}`,
      '',
      'The password is shown this once. What else the sender needs: rollcall dropbox show',
    ])
  }
}

function printDone(userName: string, what: string, { json }: AccountOptions): void {
  if (json === true) printJson({ user: userName, [what]: true })
  else printLines([`The account ${userName} is ${what}`])
}

function waysOf({ password, keys }: NamedDropBox): string {
  return [
    ...(password === null ? [] : ['password']),
    ...(keys.length === 0 ? [] : [keys.length === 1 ? 'a key' : `${keys.length} keys`]),
  ].join(', ')
}

function completeWords({ complete = 'closed', quietSeconds = 60 }: DropBoxSettings): string {
  return complete === 'quiet' ? `quiet for ${quietSeconds} s` : complete
}

function stateWords({ lockedAt, isBlocked, blockedUntil }: NamedDropBox): string {
  if (lockedAt !== null) return `locked since ${timeText(lockedAt)}`
  return isBlocked && blockedUntil !== null
    ? `too many wrong passwords: refused until ${timeText(blockedUntil)}`
    : ''
}

const KIND_WORDS = {
  folder: 'folder',
  part: 'not complete',
  whole: 'waits to be complete',
  taking: 'is being taken',
  taken: 'delivered',
} as const
