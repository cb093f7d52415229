import { type DriftRow, listDrift } from '../store/drift.ts'
import { shownDrift } from '../shown/drift.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { valueText } from './render-changes.ts'
import { tableLines } from './table.ts'

export async function runDrift(options: {
  readonly site: string
  readonly json?: boolean
}): Promise<void> {
  const rows = await withSite(options.site, ({ database, site }) =>
    database.site(site.id, (session) => listDrift(session, site.id)),
  )
  const shown = rows.map(shownDrift)
  if (options.json === true) printJson({ total: shown.length, drift: shown })
  else printLines(driftLines(shown))
}

const HOW: { readonly [how in DriftRow['drift']]: string } = {
  edited: 'edited here',
  binned: 'in the recycle bin though it is sent',
  ended: 'ended here though it is sent',
}

export function driftLines(rows: readonly DriftRow[]): string[] {
  if (rows.length === 0) return ['Nothing that a source sends was changed by hand.']
  const columns = [
    { heading: 'what' },
    { heading: 'key' },
    { heading: 'drift' },
    { heading: 'here' },
    { heading: 'as sent' },
    { heading: 'source' },
    { heading: 'run', align: 'right' as const },
  ]
  const cells = rows.flatMap((row) => {
    const key =
      row.kind === 'membership' ? `${row.personKey ?? ''} in ${row.key ?? ''}` : (row.key ?? '')
    const head = (field: string): string[] => [row.kind, key, field]
    const tail = [row.source, row.run === null ? '' : `${row.run}`]
    const fields = Object.keys(row.here ?? {})
    if (fields.length === 0) return [[...head(HOW[row.drift]), '', '', ...tail]]
    return fields.map((field) => [
      ...head(field),
      valueText(row.here?.[field]),
      valueText(row.sent?.[field]),
      ...tail,
    ])
  })
  return tableLines(columns, cells, bold)
}
