import { RollcallError } from '../errors.ts'
import type { Database } from '../store/connect.ts'
import {
  collectorOf,
  forgetAllCollected,
  putCollector,
  type StoredCollector,
} from '../store/collectors.ts'
import type { Sealing } from '../store/sealed.ts'
import { presetNamed } from './presets.ts'
import { openSecrets, sealSecrets } from './secrets.ts'
import { checkedSchedule, type Schedule } from './schedule.ts'
import {
  checkedSettings,
  isOther,
  type Kind,
  KINDS,
  SCHEMAS,
  SECRETS,
  typedSettings,
  wrongCollector,
} from './settings.ts'

/** What is changed about a collector; the rest stays. */
export interface CollectorSetting {
  readonly kind?: Kind
  readonly preset?: string
  /** Settings as they are typed, by name. */
  readonly set?: { readonly [name: string]: string }
  readonly unset?: readonly string[]
  readonly secrets?: { readonly [name: string]: string }
  /** Null: only by hand. */
  readonly schedule?: Schedule | null
  /** Said by somebody who need not be an operator of this machine. */
  readonly overApi?: boolean
}

/** What is still to be filled in, and what was forgotten on the way. */
export interface CollectorSet {
  readonly missing: readonly string[]
  readonly forgotten: boolean
}

/**
 * Sets a source's collector. What is missing is named and may be set later; what is wrong is refused. When it is to talk to
 * somebody else, the secrets that were meant for the other are forgotten: who may change a host name cannot have a password
 * sent to it that he does not know. Over the API nobody sets a program of this machine, and what is set there leads to hosts of
 * the internet alone (`reach.ts`).
 * @throws RollcallError ERR_COLLECTOR_WRONG naming each fault; ERR_NOT_ALLOWED for a program over the API.
 */
export async function setCollector(
  database: Database,
  sealing: Sealing,
  siteId: number,
  sourceId: number,
  change: CollectorSetting,
  now: Date,
): Promise<CollectorSet> {
  return database.site(siteId, async (session) => {
    const before = await collectorOf(session, siteId, sourceId)
    const preset = change.preset === undefined ? undefined : presetNamed(change.preset)
    const kind = change.kind ?? preset?.kind ?? (before?.kind as Kind | undefined)
    if (kind === undefined) {
      throw wrongCollector([`say which kind it is: ${KINDS.join(', ')}; or a preset`])
    }
    if (kind === 'program' && change.overApi === true) throw programOverApi()
    const kept = before?.kind === kind ? before.settings : {}
    const settings: { [name: string]: unknown } = {
      ...kept,
      ...preset?.settings,
      ...typedSettings(kind, change.set ?? {}),
    }
    for (const name of change.unset ?? []) delete settings[name]
    const missing = missingIn(kind, settings)
    const other = before === undefined || isOther(before, { kind, settings })
    if (before !== undefined && other && change.set?.['hostKey'] === undefined) {
      delete settings['hostKey']
    }
    const secrets = {
      ...(before === undefined || other ? {} : openSecrets(sealing, siteId, before)),
      ...checkedSecrets(kind, change.secrets ?? {}),
    }
    const collector = {
      sourceId,
      kind,
      preset: change.preset ?? (before?.kind === kind ? before.preset : null),
      settings,
      schedule: scheduleAfter(before, change),
      secrets: sealSecrets(sealing, siteId, sourceId, secrets),
      isConfined: isConfinedAfter(before, { kind, settings }, change),
    }
    await putCollector(session, siteId, collector, now.toISOString())
    if (other) await forgetAllCollected(session, siteId, sourceId)
    const forgotten = before !== undefined && other && before.secrets !== null
    return { missing: [...missing, ...missingSecrets(kind, settings, secrets)], forgotten }
  })
}

/** Settings that say where a collector connects to. */
const WHERE = ['host', 'port', 'url', 'tokenUrl'] as const

/**
 * Whether it leads to hosts of the internet alone: once any of where it connects to was said over the API, until all of it is
 * said on the machine.
 */
function isConfinedAfter(
  before: StoredCollector | undefined,
  { kind, settings }: Pick<StoredCollector, 'kind' | 'settings'>,
  { overApi = false, set = {} }: CollectorSetting,
): boolean {
  if (overApi) {
    const isSame =
      before?.kind === kind && WHERE.every((name) => before.settings[name] === settings[name])
    return !isSame || before.isConfined
  }
  const hosts = WHERE.filter((name) => name !== 'port' && settings[name] !== undefined)
  return before?.isConfined === true && !hosts.every((name) => set[name] !== undefined)
}

function programOverApi(): RollcallError {
  return new RollcallError(
    'ERR_NOT_ALLOWED',
    'A program of this machine is not set up over the API',
    {
      hint: 'Its operator does that: rollcall collectors set SOURCE --kind program.',
    },
  )
}

/** Names of settings that the kind cannot do without. Anything else that is wrong throws. */
function missingIn(kind: Kind, settings: { readonly [name: string]: unknown }): string[] {
  const shape = SCHEMAS[kind].shape
  const missing = Object.entries(shape)
    .filter(
      ([name, schema]) => settings[name] === undefined && !schema.safeParse(undefined).success,
    )
    .map(([name]) => name)
  const filler = Object.fromEntries(
    missing.map((name) => [name, /url/i.test(name) ? 'https://host.invalid/' : 'x']),
  )
  checkedSettings(kind, { ...settings, ...filler })
  return missing
}

function missingSecrets(
  kind: Kind,
  settings: { readonly [name: string]: unknown },
  secrets: { readonly [name: string]: string },
): string[] {
  const has = (name: string): boolean => secrets[name] !== undefined
  const missing: string[] = []
  if (kind === 'sftp' && !has('password') && !has('privateKey')) {
    missing.push('password or privateKey (secret)')
  }
  if (kind === 'sftp' && settings['hostKey'] === undefined) missing.push('hostKey')
  if (kind === 'ftp' && !has('password')) missing.push('password (secret)')
  if (kind === 'http' && settings['user'] !== undefined && !has('password')) {
    missing.push('password (secret)')
  }
  if (kind === 'ss12000' && settings['tokenUrl'] !== undefined && !has('clientSecret')) {
    missing.push('clientSecret (secret)')
  }
  if (settings['clientCertificate'] !== undefined && !has('clientKey')) {
    missing.push('clientKey (secret)')
  }
  return missing
}

function checkedSecrets(
  kind: Kind,
  secrets: { readonly [name: string]: string },
): { readonly [name: string]: string } {
  const faults = Object.keys(secrets)
    .filter((name) => !SECRETS[kind].includes(name))
    .map((name) => `there is no secret ${name}; there are ${SECRETS[kind].join(', ')}`)
  if (faults.length > 0) throw wrongCollector(faults)
  return secrets
}

function scheduleAfter(
  before: StoredCollector | undefined,
  { schedule }: CollectorSetting,
): StoredCollector['schedule'] {
  if (schedule === undefined) return before?.schedule ?? null
  return schedule === null ? null : { ...checkedSchedule(schedule) }
}
