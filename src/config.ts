import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DEFAULT_DROP_BOX_LIMITS, type DropBoxLimits } from './dropbox/limits.ts'
import { RollcallError } from './errors.ts'
import { DEFAULT_READ_LIMITS, READ_LIMIT_BOUNDS, type ReadLimits } from './ims/limits.ts'
import type { LogLevel } from './log.ts'
import { PACKAGE_FOLDER } from './package-folder.ts'
import { DEFAULT_WAIT_LIMITS, type WaitLimits } from './store/waits.ts'

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** What the environment sets; see docs/database.md and docs/limits.md. */
export interface Config {
  /** Folder of the program's data, absolute. */
  readonly home: string
  /** Folder that deliveries are kept in. */
  readonly deliveriesFolder: string
  /** A server, as the restricted role. Undefined: the embedded database. */
  readonly databaseUrl: string | undefined
  /** The same database as its owner, for migrations. */
  readonly ownerUrl: string | undefined
  /** The key that secrets are encrypted with, in base64; undefined: the file holds it. */
  readonly key: string | undefined
  readonly keyFile: string
  /** The list of programs that collectors may run; see docs/collectors.md. */
  readonly programsFile: string | undefined
  readonly limits: ReadLimits
  /** How long a server may keep us waiting. */
  readonly waits: WaitLimits
  /** How mail leaves; see docs/status-mail.md. */
  readonly mail: MailConfig
  /** Webhooks may go to addresses of private networks. */
  readonly mayCallPrivate: boolean
  /** Collectors that were set over the API may reach private networks. */
  readonly mayReachPrivate: boolean
  readonly dropBox: DropBoxConfig
  readonly web: WebConfig
  readonly service: ServiceConfig
}

/** Where senders upload by SFTP; see docs/drop-box.md. */
interface DropBoxConfig {
  /** Undefined: there is no drop box. */
  readonly port: number | undefined
  readonly host: string
  readonly limits: DropBoxLimits
}

/** Where the API is served; see docs/api.md. */
interface WebConfig {
  /** Undefined: there is none. */
  readonly port: number | undefined
  readonly host: string
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly behindProxy: boolean
  readonly metricsToken: string | undefined
}

/** How the service runs; see docs/service.md. */
export interface ServiceConfig {
  /** Imports that one process runs at the same time, each of another site. */
  readonly importsAtOnce: number
  /** Seconds that what is under way has to come to its end when the service is stopped. */
  readonly stopSeconds: number
  readonly logLevel: LogLevel
}

interface MailConfig {
  readonly smtp: SmtpConfig | undefined
  readonly from: string | undefined
  readonly folder: string | undefined
}

interface SmtpConfig {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly startTls: 'required' | 'off'
  readonly user: string | undefined
  readonly password: string | undefined
  readonly caFile: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/**
 * Reads the configuration from environment variables. An empty variable counts as unset.
 * @throws RollcallError ERR_CONFIG_WRONG that names every fault at once.
 */
export function readConfig(environment: Environment): Config {
  const faults: string[] = []
  const set = (name: string): string | undefined => environment[name]?.trim() || undefined
  const url = (name: string): string | undefined => {
    const text = set(name)
    if (text !== undefined && !isDatabaseUrl(text)) {
      faults.push(`${name} is not of the form postgresql://user:password@host:port/database`)
    }
    return text
  }
  const databaseUrl = url('DATABASE_URL')
  const ownerUrl = url('DATABASE_OWNER_URL')
  if (ownerUrl !== undefined && databaseUrl === undefined) {
    faults.push('DATABASE_OWNER_URL is set and DATABASE_URL is not: both name the same database')
  }
  const limits = readNumbers(set, faults, DEFAULT_READ_LIMITS, { bounds: READ_LIMIT_BOUNDS })
  const waits = readNumbers(set, faults, DEFAULT_WAIT_LIMITS)
  const mail = readMail(set, faults)
  const dropBox = readDropBox(set, faults)
  const web = readWeb(set, faults)
  const service = readService(set, faults)
  const mayCallPrivate = isAllowed(set, 'ROLLCALL_WEBHOOKS_PRIVATE', faults)
  const mayReachPrivate = isAllowed(set, 'ROLLCALL_COLLECTORS_PRIVATE', faults)
  const collector = set('OTEL_EXPORTER_OTLP_ENDPOINT')
  if (collector !== undefined && !/^https?:/.test(URL.parse(collector)?.protocol ?? '')) {
    faults.push('OTEL_EXPORTER_OTLP_ENDPOINT is not of the form http://host:4318')
  }
  if (faults.length > 0) {
    throw new RollcallError('ERR_CONFIG_WRONG', faults.join('; '), {
      hint: 'These are environment variables. Correct or unset them.',
    })
  }
  const home = path.resolve(set('ROLLCALL_HOME') ?? normalHome(PACKAGE_FOLDER, environment))
  return {
    home,
    deliveriesFolder: path.resolve(
      set('ROLLCALL_DELIVERIES_FOLDER') ?? path.join(home, 'deliveries'),
    ),
    databaseUrl,
    ownerUrl,
    key: set('ROLLCALL_KEY'),
    keyFile: path.resolve(set('ROLLCALL_KEY_FILE') ?? path.join(home, 'key')),
    programsFile: resolvedOrNone(set('ROLLCALL_PROGRAMS_FILE')),
    limits,
    waits,
    mail,
    mayCallPrivate,
    mayReachPrivate,
    dropBox,
    web,
    service,
  }
}

function resolvedOrNone(file: string | undefined): string | undefined {
  return file === undefined ? undefined : path.resolve(file)
}

type Set = (name: string) => string | undefined

/** Numbers by name: each is set by a variable of its own, or is as it normally is. */
function readNumbers<T extends object>(
  set: Set,
  faults: string[],
  defaults: T,
  of: { readonly prefix?: string; readonly bounds?: { readonly [name in keyof T]?: number } } = {},
): T {
  const read = Object.entries(defaults).map(([name, normal]) => {
    const variable = limitVariable(name, of.prefix)
    const text = set(variable)
    const value = text === undefined ? (normal as number) : wholeNumber(text)
    if (value === undefined) {
      faults.push(`${variable} is not a whole number above 0 (K, M or G may follow)`)
    }
    const bound = of.bounds?.[name as keyof T]
    if (value !== undefined && bound !== undefined && value > bound) {
      faults.push(`${variable} may be ${bound} at most`)
    }
    return [name, value]
  })
  return Object.fromEntries(read) as T
}

function readDropBox(set: Set, faults: string[]): DropBoxConfig {
  const limits = readNumbers(set, faults, DEFAULT_DROP_BOX_LIMITS, { prefix: 'DROPBOX_' })
  return {
    port: readPort(set, 'ROLLCALL_DROPBOX_PORT', faults),
    host: set('ROLLCALL_DROPBOX_HOST') ?? '::',
    limits,
  }
}

function readPort(set: Set, name: string, faults: string[]): number | undefined {
  const text = set(name)
  if (text === undefined) return undefined
  const port = Number(/^\d{1,5}$/.exec(text)?.[0] ?? NaN)
  if (port >= 1 && port <= 65_535) return port
  faults.push(`${name} is not a port from 1 to 65535`)
  return undefined
}

function readWeb(set: Set, faults: string[]): WebConfig {
  const [certFile, keyFile] = ['CERT', 'KEY'].map((what) => set(`ROLLCALL_TLS_${what}_FILE`))
  if ((certFile === undefined) !== (keyFile === undefined)) {
    faults.push('ROLLCALL_TLS_CERT_FILE and ROLLCALL_TLS_KEY_FILE go together')
  }
  const tls = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile }
  const host = set('ROLLCALL_WEB_HOST') ?? '127.0.0.1'
  const behindProxy = oneOf(set, 'ROLLCALL_WEB_PROXY', ['none', 'trusted'], faults) === 'trusted'
  const isLocal = /^(127\.|::1$|localhost$)/.test(host)
  if (!isLocal && tls === undefined && !behindProxy) {
    faults.push(
      'ROLLCALL_WEB_HOST is not this machine alone, and tokens would cross the net readable: set ROLLCALL_TLS_CERT_FILE and ' +
        'ROLLCALL_TLS_KEY_FILE, or ROLLCALL_WEB_PROXY=trusted behind a proxy that speaks TLS',
    )
  }
  const port = readPort(set, 'ROLLCALL_WEB_PORT', faults)
  return { port, host, tls, behindProxy, metricsToken: set('ROLLCALL_METRICS_TOKEN') }
}

function readService(set: Set, faults: string[]): ServiceConfig {
  const within = (name: string, normal: number, min: number, max: number): number => {
    const text = set(name)
    const value = text === undefined ? normal : Number(/^\d{1,6}$/.exec(text)?.[0] ?? NaN)
    if (value >= min && value <= max) return value
    faults.push(`${name} is not a whole number from ${min} to ${max}`)
    return normal
  }
  return {
    importsAtOnce: within('ROLLCALL_IMPORTS_AT_ONCE', 2, 1, 64),
    stopSeconds: within('ROLLCALL_STOP_SECONDS', 60, 0, 86_400),
    logLevel: oneOf(set, 'ROLLCALL_LOG_LEVEL', ['info', ...LOG_LEVELS], faults),
  }
}

function readMail(set: Set, faults: string[]): MailConfig {
  const from = set('ROLLCALL_MAIL_FROM')
  if (from !== undefined && !/^[^\s@<>"]+@[^\s@<>"]+$/.test(from)) {
    faults.push('ROLLCALL_MAIL_FROM is not a plain address such as rollcall@kommun.example')
  }
  const folder = set('ROLLCALL_MAIL_FOLDER')
  const smtp = readSmtp(set, faults)
  if (from === undefined && (smtp ?? folder) !== undefined) {
    faults.push('ROLLCALL_MAIL_FROM is not set, which says whom mail comes from')
  }
  return { smtp, from, folder: folder === undefined ? undefined : path.resolve(folder) }
}

function readSmtp(set: Set, faults: string[]): SmtpConfig | undefined {
  const text = set('ROLLCALL_SMTP_URL')
  const startTls = oneOf(set, 'ROLLCALL_SMTP_STARTTLS', ['required', 'off'], faults)
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isRight = /^smtps?:$/.test(url?.protocol ?? '') && url?.hostname !== ''
  if (url === undefined || !isRight || url.username !== '' || url.password !== '') {
    faults.push('ROLLCALL_SMTP_URL is not of the form smtp://host:port or smtps://host:port')
    return undefined
  }
  const isTls = url.protocol === 'smtps:'
  const caFile = set('ROLLCALL_SMTP_CA_FILE')
  if (caFile !== undefined && !fs.existsSync(caFile)) {
    faults.push('ROLLCALL_SMTP_CA_FILE names no file')
  }
  const user = set('ROLLCALL_SMTP_USER')
  const password = readPassword(set, faults)
  if (user !== undefined && password === undefined) {
    faults.push('ROLLCALL_SMTP_USER is set without ROLLCALL_SMTP_PASSWORD or its _FILE')
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (isTls ? 465 : 587) : Number(url.port)
  return { host, port, isTls, startTls, user, password, caFile }
}

function readPassword(set: Set, faults: string[]): string | undefined {
  const file = set('ROLLCALL_SMTP_PASSWORD_FILE')
  if (file === undefined) return set('ROLLCALL_SMTP_PASSWORD')
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch {
    faults.push('ROLLCALL_SMTP_PASSWORD_FILE cannot be read')
    return undefined
  }
}

/** One of some words; the first where nothing is set. */
function oneOf<W extends string>(
  set: Set,
  name: string,
  words: readonly [W, ...W[]],
  faults: string[],
): W {
  const text = set(name)
  const word = words.find((each) => each === text)
  if (text !== undefined && word === undefined) {
    faults.push(`${name} is not ${[...new Set(words)].join(' or ')}`)
  }
  return word ?? words[0]
}

/** What an operator allows on top, unless it is refused. */
function isAllowed(set: Set, name: string, faults: string[]): boolean {
  return oneOf(set, name, ['refuse', 'allow'], faults) === 'allow'
}

/** Name of the variable for a limit: `deliveryBytesMax` is set by ROLLCALL_DELIVERY_BYTES_MAX. */
export function limitVariable(limit: string, of = ''): string {
  return `ROLLCALL_${of}${limit.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/**
 * Where data lies unless ROLLCALL_HOME says otherwise: `.rollcall` in a clone; for an installed package the user's own data
 * folder (XDG base directories), as the package's may be shared, or replaced by the next version.
 */
export function normalHome(root: string, environment: Environment): string {
  const isClone =
    !root.split(path.sep).includes('node_modules') && fs.existsSync(path.join(root, 'src/main.ts'))
  if (isClone) return path.join(root, '.rollcall')
  const data = environment['XDG_DATA_HOME']
  return path.isAbsolute(data ?? '')
    ? path.join(data ?? '', 'rollcall')
    : path.join(environment['HOME'] || os.homedir(), '.local/share/rollcall')
}

function isDatabaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, pathname } = new URL(text)
  return /^postgres(ql)?:$/.test(protocol) && username !== '' && pathname.length > 1
}

function wholeNumber(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,15})([KMG]?)$/.exec(text) ?? []
  const value = Number(digits) * (UNITS[unit] ?? 1)
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}
