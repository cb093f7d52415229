import type { WaitingChange } from '../change/waiting.ts'
import { protectedName } from '../roster/display.ts'
import { membersOfSchool } from '../store/lookups.ts'
import { sourceNamed } from '../store/sites.ts'
import { listWaiting, type WaitingRow } from '../store/waiting.ts'
import { pageLine } from './change-options.ts'
import { daysSince, waitingJson } from '../shown/waiting.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { actionText } from './render-changes.ts'
import { oneLine, tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface WaitingOptions {
  readonly site: string
  readonly source?: string
  readonly kind?: readonly WaitingChange['kind'][]
  readonly school?: string
  readonly limit: number
  readonly offset: number
  readonly json?: boolean
}

export async function runWaiting(options: WaitingOptions): Promise<void> {
  const { source, kind, school, limit, offset } = options
  const { rows, total } = await withSite(options.site, async ({ database, site }) => {
    const sourceId =
      source === undefined ? undefined : (await sourceNamed(database, site.id, source)).id
    return database.site(site.id, async (session) =>
      listWaiting(session, site.id, {
        limit,
        offset,
        ...(sourceId === undefined ? {} : { sourceId }),
        ...(kind === undefined ? {} : { kinds: kind }),
        ...(school === undefined
          ? {}
          : { school: await membersOfSchool(session, site.id, school) }),
      }),
    )
  })
  const now = new Date()
  if (options.json === true) {
    printJson({ total, waiting: rows.map((row) => waitingJson(row, now)) })
    return
  }
  const page = pageLine('waiting', { shown: rows.length, total, offset })
  printLines([...waitingLines(rows, now), page])
}

export function waitingLines(rows: readonly WaitingRow[], now: Date): string[] {
  if (rows.length === 0) return []
  const columns = [
    { heading: 'source' },
    { heading: 'would be' },
    { heading: 'what' },
    { heading: 'fields' },
    { heading: 'since' },
    { heading: 'days', align: 'right' as const },
  ]
  const cells = rows.map((row) => [
    row.source,
    actionText(row.action),
    subject(row),
    row.fields.join(', '),
    timeText(row.since),
    `${daysSince(row.since, now)}`,
  ])
  return tableLines(columns, cells, bold)
}

function subject({ kind, id, key, otherKey, name, ...row }: WaitingRow): string {
  const shownKey = key ?? `id ${id}`
  if (kind === 'membership') {
    const group = row.protected ? '(group not shown)' : shownKey
    return oneLine(`membership ${otherKey ?? ''} in ${group}`)
  }
  if (kind === 'relation')
    return oneLine(`relation ${shownKey} - ${otherKey ?? ''} (${row.relation})`)
  const called = row.protected ? protectedName(id) : (name ?? '')
  return oneLine(`${kind} ${shownKey}  ${called}`.trimEnd())
}
