import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { hashPassword } from '../access/hashing.ts'
import { RollcallError } from '../errors.ts'
import type { Database } from '../store/connect.ts'
import {
  COMPLETE_WHEN,
  type CompleteWhen,
  deleteDropBox,
  type DropBox,
  type DropBoxSettings,
  dropBoxesOfSite,
  insertDropBox,
  lockDropBox,
  type NamedDropBox,
  listDropBoxes,
  type SenderKey,
  updateDropBox,
} from '../store/drop-boxes.ts'
import { isNetwork } from './addresses.ts'
import { boxFolder } from './in-box.ts'
import { KEYS_MAX, NETWORKS_MAX, QUIET_SECONDS } from './limits.ts'
import { isPattern } from './names.ts'

/** Small, so that no program or person mistakes one for another. */
const USER_NAME = /^[a-z0-9][a-z0-9._-]{2,31}$/
/** Without those that look like others. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const PASSWORD_CHARACTERS = 24

/** An account and, once, its password. */
export interface ShownOnce {
  readonly userName: string
  readonly password: string | undefined
}

export interface NewAccount {
  readonly siteId: number
  readonly sourceId: number
  readonly userName: string
  readonly keys: readonly SenderKey[]
  readonly withPassword: boolean
  readonly settings: DropBoxSettings
}

/**
 * Makes the account of a source. Its password is made here and shown once: 24 characters, of which nobody guesses one.
 * @throws RollcallError ERR_USAGE for a wrong or used name or setting, and where there is no way to sign in
 */
export async function makeAccount(
  database: Database,
  account: NewAccount,
  now: Date,
): Promise<ShownOnce> {
  const { siteId, sourceId, userName, keys, withPassword, settings } = account
  if (!USER_NAME.test(userName)) {
    throw new RollcallError('ERR_USAGE', `"${userName}" cannot be a user name`, {
      hint: 'Small letters a to z, digits, dots, dashes and underscores; 3 to 32 of them, beginning with a letter or digit.',
    })
  }
  checkSettings(settings)
  checkWays(keys, withPassword)
  const password = withPassword ? newPassword() : undefined
  const hash = password === undefined ? null : await hashPassword(password)
  const box = { siteId, sourceId, userName, password: hash, keys, settings }
  await database.site(siteId, (session) => insertDropBox(session, box, now.toISOString()))
  return { userName, password }
}

export interface AccountChange {
  readonly newPassword?: boolean
  readonly noPassword?: boolean
  readonly addKeys?: readonly SenderKey[]
  /** By fingerprint. */
  readonly removeKeys?: readonly string[]
  readonly settings?: DropBoxSettings
}

/** @throws RollcallError ERR_USAGE, ERR_NOT_FOUND; nothing is changed then */
export async function changeAccount(
  database: Database,
  box: DropBox,
  change: AccountChange,
): Promise<ShownOnce> {
  const { newPassword: isNew = false, noPassword = false, addKeys = [], removeKeys = [] } = change
  for (const fingerprint of removeKeys) {
    if (!box.keys.some((key) => key.fingerprint === fingerprint)) {
      throw new RollcallError('ERR_NOT_FOUND', `The account has no key ${fingerprint}`)
    }
  }
  const kept = box.keys.filter(
    ({ data, fingerprint }) =>
      !removeKeys.includes(fingerprint) && !addKeys.some((key) => key.data === data),
  )
  const keys = [...kept, ...addKeys]
  const settings = { ...box.settings, ...change.settings }
  checkSettings(settings)
  const hasPassword = !noPassword && (isNew || box.password !== null)
  checkWays(keys, hasPassword)
  const password = isNew ? newPassword() : undefined
  await database.site(box.siteId, async (session) =>
    updateDropBox(session, box, {
      keys,
      settings,
      ...(password === undefined ? {} : { password: await hashPassword(password) }),
      ...(noPassword ? { password: null } : {}),
    }),
  )
  return { userName: box.userName, password }
}

/** Locks an account, which ends its connections with their next request; or unlocks it, whatever locked it. */
export async function setLocked(
  database: Database,
  box: DropBox,
  lockedAt: Date | null,
): Promise<void> {
  await database.site(box.siteId, (session) =>
    lockDropBox(session, box, lockedAt?.toISOString() ?? null),
  )
}

/** Removes an account with what lies in its box. Deliveries are not touched. */
export async function removeAccount(
  database: Database,
  box: DropBox,
  deliveriesFolder: string,
): Promise<void> {
  await database.site(box.siteId, (session) => deleteDropBox(session, box))
  rmSync(boxFolder(deliveriesFolder, box), { recursive: true, force: true })
}

/** What may be set of an account, as somebody says it. */
export interface SaidSettings {
  readonly complete?: CompleteWhen | undefined
  readonly quietSeconds?: number | undefined
  readonly names?: string | undefined
  readonly quotaBytes?: number | undefined
  /** `any` among them lets the sender come from anywhere. */
  readonly from?: readonly string[] | undefined
}

/** Settings as they are kept: whoever says how long it has to be quiet means `quiet`. */
export function settingsOf(said: SaidSettings): DropBoxSettings {
  const { complete, quietSeconds, names, quotaBytes, from } = said
  return {
    ...(complete === undefined ? {} : { complete }),
    ...(quietSeconds === undefined ? {} : { quietSeconds, complete: complete ?? 'quiet' }),
    ...(names === undefined ? {} : { names }),
    ...(quotaBytes === undefined ? {} : { quotaBytes }),
    ...(from === undefined ? {} : { from: from.filter((each) => each !== 'any') }),
  }
}

/**
 * The account of a user name; of one site, where one is given: it does not see those of others.
 * @throws RollcallError ERR_NOT_FOUND with the names that there are
 */
export async function accountNamed(
  database: Database,
  userName: string,
  siteId?: number,
): Promise<NamedDropBox> {
  const boxes =
    siteId === undefined
      ? await listDropBoxes(database)
      : await database.site(siteId, (session) => dropBoxesOfSite(session, siteId))
  const box = boxes.find((each) => each.userName === userName)
  if (box !== undefined) return box
  throw new RollcallError('ERR_NOT_FOUND', `There is no account ${userName}`, {
    hint: `There are: ${boxes.map((each) => each.userName).join(', ') || 'none'}. To make one: rollcall dropbox accounts add NAME`,
  })
}

function newPassword(): string {
  const characters = Array.from(
    { length: PASSWORD_CHARACTERS },
    () => ALPHABET[randomInt(ALPHABET.length)],
  )
  return characters.join('')
}

function checkWays(keys: readonly SenderKey[], hasPassword: boolean): void {
  if (keys.length > KEYS_MAX) {
    throw new RollcallError('ERR_USAGE', `An account has at most ${KEYS_MAX} keys`)
  }
  if (keys.length > 0 || hasPassword) return
  throw new RollcallError('ERR_USAGE', 'An account without a password needs a key')
}

function checkSettings(settings: DropBoxSettings): void {
  const { complete = 'closed', quietSeconds, names, quotaBytes, from = [] } = settings
  const { min, max } = QUIET_SECONDS
  const faults = [
    ...(COMPLETE_WHEN.includes(complete) ? [] : ['complete is closed, renamed or quiet']),
    ...(quietSeconds === undefined || (quietSeconds >= min && quietSeconds <= max)
      ? []
      : [`quiet is ${min} to ${max} seconds`]),
    ...(names === undefined || isPattern(names)
      ? []
      : ['names is a pattern such as *.xml: no slash, at most 5 stars']),
    ...(quotaBytes === undefined || quotaBytes > 0 ? [] : ['the quota is at least one byte']),
    ...(from.length <= NETWORKS_MAX ? [] : [`there may be ${NETWORKS_MAX} networks at most`]),
    ...from
      .filter((network) => !isNetwork(network))
      .map((each) => `${each} is no address or network`),
  ]
  if (faults.length > 0) throw new RollcallError('ERR_USAGE', faults.join('; '))
}
