import { type Verified, verifiedJson, verifyAudit } from '../access/verify.ts'
import { type AuditFilter, type ListedAction, listAudit } from '../store/audit.ts'
import type { Session } from '../store/connect.ts'
import { inPlace } from '../store/place.ts'
import { type Place, withPlace } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { oneLine, tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface AuditOptions extends Place {
  readonly json?: boolean
}

export type AuditListOptions = AuditOptions & AuditFilter

export async function runAuditList(options: AuditListOptions): Promise<void> {
  const actions = await inLog(options, (session, siteId) => listAudit(session, siteId, options))
  if (options.json === true) printJson({ actions })
  else if (actions.length === 0) printLines(['Nothing of that is in the audit log.'])
  else printLines(actionLines(actions))
}

export async function runAuditVerify(
  options: AuditOptions & { readonly expect?: string },
): Promise<void> {
  const verified = await inLog(options, (session, siteId) =>
    verifyAudit(session, siteId, options.expect),
  )
  if (options.json === true) printJson(verifiedJson(verified))
  else printLines(verifiedLines(verified))
  if (verified.broken !== undefined) process.exitCode = 1
}

const WHY: { readonly [why in NonNullable<Verified['broken']>['why']]: string } = {
  changed: 'was changed, or put into the place of another',
  missing: 'is missing',
  valuesChanged: 'has other values than when it was written',
  valuesGone: 'has lost its values, and no entry says that they were erased',
  cut: 'is where the log was cut off, and no entry says so',
  end: 'is not there: entries were taken away at the end, or the expected hash is of another log',
}

function verifiedLines({ entries, from, erased, head, broken }: Verified): string[] {
  const lines = [
    entries === 0 ? 'The log has no entries' : `Entries ${from} to ${head.entry} (${entries})`,
    ...(erased === 0 ? [] : [`Values erased: of ${erased} entries`]),
    `Head: ${head.hash.toString('hex')}`,
  ]
  return broken === undefined
    ? [...lines, 'The chain holds.']
    : [...lines, bold(`BROKEN: entry ${broken.entry} ${WHY[broken.why]}.`)]
}

function inLog<T>(
  options: AuditOptions,
  work: (session: Session, siteId: number) => Promise<T>,
): Promise<T> {
  return withPlace(options, (database, siteId) =>
    inPlace(database, siteId, (session) => work(session, siteId)),
  )
}

function actionLines(actions: readonly ListedAction[]): string[] {
  const columns = [
    { heading: 'entry', align: 'right' as const },
    ...['when', 'who', 'what', 'with', ''].map((heading) => ({ heading })),
  ]
  const rows = actions.map((action) => [
    `${action.entry}`,
    timeText(action.at),
    whoOf(action),
    action.action,
    action.isErased ? '(erased)' : toldText(action.values ?? {}),
    outcomeOf(action),
  ])
  return tableLines(columns, rows, bold)
}

const KINDS: { readonly [kind in ListedAction['actorKind']]: string } = {
  commandLine: 'on the machine',
  account: 'account',
  token: 'token',
  service: 'the service',
}

function whoOf({ actorKind, actorId, values }: ListedAction): string {
  const name = values?.['actor']
  const number = actorId === null ? '' : ` ${actorId}`
  const of = `${KINDS[actorKind]}${number}`
  return typeof name === 'string' ? `${name} (${of})` : of
}

function toldText(values: { readonly [name: string]: unknown }): string {
  const { actor: _, told, ...others } = values
  const all = { ...(told as object | undefined), ...others }
  return oneLine(
    Object.entries(all)
      .map(
        ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      .join(', '),
  )
}

function outcomeOf({ phase, end, detail }: ListedAction): string {
  const ended = end?.detail ?? detail
  const run = typeof ended['run'] === 'number' && ended['run'] > 0 ? [`run ${ended['run']}`] : []
  const words = typeof ended['outcome'] === 'string' ? [ended['outcome']] : []
  if (end?.phase === 'failed') return `failed: ${String(ended['error'])}`
  if (end?.phase === 'done') return [...run, ...words].join(' ') || 'done'
  if (phase === 'begun') return 'no end was written: cut off, or still going on'
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ')
}
