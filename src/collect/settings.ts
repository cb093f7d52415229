import { z } from 'zod'
import { RollcallError } from '../errors.ts'
import { isPattern } from '../rules/pattern.ts'
import { COLLECT_LIMITS } from './limits.ts'

/**
 * What a collector may be told, kind by kind: flat names with texts, numbers, yes or no, and lists. Everything else is
 * refused by name. Secrets are not among them.
 */

const text = z.string().trim().min(1).max(2000)
const pem = z.string().max(64 * 1024)
const day = z.number().int().min(0).max(400)

function limit(name: keyof typeof COLLECT_LIMITS) {
  const { normal, min, max } = COLLECT_LIMITS[name]
  return z.number().int().min(min).max(max).default(normal)
}

const limits = {
  connectSeconds: limit('connectSeconds').describe('seconds until it has let us in'),
  idleSeconds: limit('idleSeconds').describe('seconds in which nothing may come'),
  totalSeconds: limit('totalSeconds').describe('seconds that a run may take'),
  bytesMax: limit('bytesMax').describe('bytes of a file'),
  deliverUnchanged: z
    .boolean()
    .default(false)
    .describe('deliver a file again that was written anew with the same bytes'),
}

const host = text
  .refine((name) => /^[\p{L}\p{N}._:[\]-]+$/u.test(name), { message: 'a host name or address' })
  .describe('host name or address')
const port = z.number().int().min(1).max(65_535)

/** Which files of a folder are meant, and when one is complete. */
const files = {
  folder: text.default('.').describe('folder on the other side'),
  pattern: text
    .refine(isPattern, { message: 'a name in which * stands for any text' })
    .default('*')
    .describe('names of the files; * stands for any text'),
  pick: z.enum(['newest', 'all']).default('newest').describe('the newest file, or every new one'),
  order: z.enum(['time', 'name']).default('time').describe('which file is newer than another'),
  complete: z
    .enum(['stable', 'flag', 'age'])
    .default('stable')
    .describe('a file is complete when two looks find the same, a flag file lies there, or by age'),
  quietSeconds: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(10)
    .describe('seconds between the two looks; with age, since it was written'),
  flag: text.default('{}.done').describe('name of the flag file; {} stands for that of the file'),
  after: z
    .enum(['leave', 'delete', 'move'])
    .default('leave')
    .describe('what becomes of a file on the other side once its delivery is safe'),
  moveTo: text.default('fetched').describe('folder that it is moved to, seen from its own'),
  filesMax: limit('filesMax').describe('files of one run'),
}

const url = z
  .string()
  .refine((said) => isWebAddress(said), {
    message: 'an address such as https://host/path, without user or password in it',
  })
  .describe('address')

const web = {
  allowPlain: z
    .boolean()
    .default(false)
    .describe('http without TLS is allowed: everybody on the way can read and change it'),
  ca: pem.optional().describe('certificates (PEM) of the authority that signed theirs'),
  clientCertificate: pem.optional().describe('our certificate (PEM); its key is a secret'),
}

export const SCHEMAS = {
  sftp: z.strictObject({
    host,
    port: port.default(22),
    user: text.describe('who signs in'),
    hostKey: z
      .string()
      .regex(/^SHA256:[A-Za-z0-9+/]{43}$/)
      .optional()
      .describe('fingerprint of the key of the host, as ssh-keygen -l shows it'),
    ...files,
    ...limits,
  }),
  ftp: z.strictObject({
    host,
    port: port.optional().describe('21, or 990 with implicit TLS, unless said'),
    tls: z
      .enum(['explicit', 'implicit', 'off'])
      .default('explicit')
      .describe('how it is encrypted; off: everybody on the way can read password and file'),
    user: text.describe('who signs in'),
    ca: web.ca,
    ...files,
    ...limits,
  }),
  http: z.strictObject({
    url,
    ...web,
    user: text.optional().describe('who signs in with a password (basic)'),
    fileName: text.optional().describe('name of the file, unless the server says one'),
    ...limits,
  }),
  ss12000: z.strictObject({
    url: url.describe('address of the interface, with its version: https://host/v2.0'),
    ...web,
    tokenUrl: url.optional().describe('where a token is asked for (OAuth client credentials)'),
    clientId: text.optional().describe('who asks for it'),
    scope: text.optional().describe('what is asked for'),
    pageSize: z.number().int().min(1).max(5000).default(500).describe('entries of a page'),
    requestsPerSecond: z
      .number()
      .min(0.1)
      .max(100)
      .default(5)
      .describe('so many requests are sent at most'),
    schoolUnits: z
      .array(text)
      .default([])
      .describe('only these school units, by code or id; all of them where the list is empty'),
    daysBefore: day.default(0).describe('days before its begin on which something counts already'),
    daysAfter: day.default(0).describe('days after its end on which it still counts'),
    guardians: z.boolean().default(true).describe('take those responsible for pupils'),
    excludeProtected: z
      .boolean()
      .default(true)
      .describe('leave out persons whose identity is protected'),
    without: z
      .array(z.enum(['duties', 'activities']))
      .default([])
      .describe('parts that this interface does not offer'),
    deletedEntities: z
      .boolean()
      .default(false)
      .describe('ask in the end what was deleted while it was read'),
    ...limits,
  }),
  program: z.strictObject({
    program: text.describe('its name in the file of programs of this host'),
    ...limits,
  }),
} as const

export type Kind = keyof typeof SCHEMAS
export const KINDS = Object.keys(SCHEMAS) as readonly Kind[]
export type SettingsOf<K extends Kind> = z.output<(typeof SCHEMAS)[K]>
export type FileSettings = SettingsOf<'sftp'> | SettingsOf<'ftp'>

/** Secrets that each kind may have. */
export const SECRETS: { readonly [kind in Kind]: readonly string[] } = {
  sftp: ['password', 'privateKey', 'passphrase'],
  ftp: ['password'],
  http: ['password', 'token', 'clientKey', 'passphrase'],
  ss12000: ['token', 'clientSecret', 'clientKey', 'passphrase'],
  program: ['password'],
}

/** Settings that say with whom a collector talks. When one changes, what was meant for the other one is forgotten. */
const WHOM: readonly string[] = ['host', 'port', 'user', 'url', 'tokenUrl', 'program', 'tls']

/** Whether secrets, the host's key and what was fetched were another's. */
export function isOther(
  before: { readonly kind: string; readonly settings: { readonly [name: string]: unknown } },
  after: { readonly kind: string; readonly settings: { readonly [name: string]: unknown } },
): boolean {
  if (before.kind !== after.kind) return true
  return WHOM.some((name) => before.settings[name] !== after.settings[name])
}

/**
 * Checks settings and fills in what they leave out.
 * @throws RollcallError ERR_COLLECTOR_WRONG naming each fault.
 */
export function checkedSettings<K extends Kind>(kind: K, settings: unknown): SettingsOf<K> {
  const result = SCHEMAS[kind].safeParse(settings)
  if (result.success) return result.data as SettingsOf<K>
  throw wrongCollector(result.error.issues.map(faultText))
}

export function wrongCollector(faults: readonly string[]): RollcallError {
  return new RollcallError('ERR_COLLECTOR_WRONG', faults.join('\n'), {
    hint: 'docs/collectors.md has the settings of each kind. Nothing was changed.',
  })
}

function faultText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no setting ${issue.keys.join(', ')}`
  const name = issue.path.join('.')
  return issue.code === 'invalid_type' && issue.input === undefined
    ? `${name} is missing`
    : `${name}: ${issue.message}`
}

/**
 * Settings as somebody types them, `name=value`: a number, yes/no or list where the setting is one.
 * @throws RollcallError ERR_COLLECTOR_WRONG where there is no such setting, or the value is not one.
 */
export function typedSettings(
  kind: Kind,
  texts: { readonly [name: string]: string },
): { readonly [name: string]: unknown } {
  const shape: { readonly [name: string]: z.ZodType } = SCHEMAS[kind].shape
  const faults: string[] = []
  const typed = Object.entries(texts).map(([name, said]) => {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined
    if (schema === undefined) {
      faults.push(`there is no setting ${name}; there are ${Object.keys(shape).join(', ')}`)
      return [name, said]
    }
    const list = said.split(',').map((part) => part.trim())
    const number = /^\d+(\.\d+)?$/.test(said) ? Number(said) : undefined
    const answer = { true: true, yes: true, on: true, false: false, no: false, off: false }[said]
    const value = [said, number, answer, list].find(
      (each) => each !== undefined && schema.safeParse(each).success,
    )
    if (value === undefined) {
      const fault = schema.safeParse(number ?? answer ?? said)
      faults.push(`${name}: ${fault.error?.issues[0]?.message ?? 'not a value of this setting'}`)
    }
    return [name, value]
  })
  if (faults.length > 0) throw wrongCollector(faults)
  return Object.fromEntries(typed)
}

function isWebAddress(said: string): boolean {
  if (!URL.canParse(said)) return false
  const { protocol, username, password, hash } = new URL(said)
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === ''
}
