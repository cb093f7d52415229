import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { RollcallError } from './errors.ts'
import { DEFAULT_READ_LIMITS, READ_LIMIT_BOUNDS, type ReadLimits } from './ims/limits.ts'

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
  readonly limits: ReadLimits
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
  const limits = Object.fromEntries(
    Object.entries(DEFAULT_READ_LIMITS).map(([limit, normal]) => {
      const text = set(limitVariable(limit))
      const value = text === undefined ? normal : wholeNumber(text)
      if (value === undefined) {
        faults.push(`${limitVariable(limit)} is not a whole number above 0 (K, M or G may follow)`)
      }
      const bound = READ_LIMIT_BOUNDS[limit as keyof ReadLimits]
      if (value !== undefined && bound !== undefined && value > bound) {
        faults.push(`${limitVariable(limit)} may be ${bound} at most`)
      }
      return [limit, value]
    }),
  ) as unknown as ReadLimits
  if (faults.length > 0) {
    throw new RollcallError('ERR_CONFIG_WRONG', faults.join('; '), {
      hint: 'These are environment variables. Correct or unset them.',
    })
  }
  const home = path.resolve(set('ROLLCALL_HOME') ?? normalHome(import.meta.dirname, environment))
  return {
    home,
    deliveriesFolder: path.join(home, 'deliveries'),
    databaseUrl,
    ownerUrl,
    key: set('ROLLCALL_KEY'),
    keyFile: path.resolve(set('ROLLCALL_KEY_FILE') ?? path.join(home, 'key')),
    limits,
  }
}

/** Name of the variable for a limit: `deliveryBytesMax` is set by ROLLCALL_DELIVERY_BYTES_MAX. */
export function limitVariable(limit: string): string {
  return `ROLLCALL_${limit.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/**
 * Where data lies unless ROLLCALL_HOME says otherwise: `.rollcall` in a clone; for an installed package the user's own data
 * folder (XDG base directories), as the package's may be shared, or replaced by the next version.
 */
export function normalHome(source: string, environment: Environment): string {
  const root = path.resolve(source, '..')
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
