import { join } from 'node:path'
import { nameOf } from '../correction/named.ts'
import { RollcallError } from '../errors.ts'
import type { LineColumn } from '../import/lines.ts'
import type { ImsFrame } from '../ims/records.ts'
import { journalOf, spellsOf, subjectsNamed } from '../store/explain-queries.ts'
import type { JournalEntry, Origin, Spell, Subject } from '../store/explain-queries.ts'
import { withSite } from './open.ts'
import { printJson, printLines } from './output.ts'
import { placesIn } from './refusal-place.ts'
import { historyJson, historyLines, type History } from './render-history.ts'

export interface ExplainOptions {
  readonly site: string
  readonly limit: number
  readonly json?: boolean
}

export async function runExplain(key: string, options: ExplainOptions): Promise<void> {
  const histories = await withSite(options.site, async ({ config, database, site }) => {
    const found = await database.site(site.id, async (session) => {
      const subjects = await subjectsNamed(session, site.id, nameOf(key))
      const gathered = []
      for (const subject of subjects) {
        const journal = await journalOf(session, site.id, subject)
        const spells = await spellsOf(session, site.id, subject, options.limit)
        gathered.push({ subject, journal, spells })
      }
      return gathered
    })
    const histories: History[] = []
    for (const { subject, journal, spells } of found) {
      const lines = await originLines(config.deliveriesFolder, journal, spells.rows)
      histories.push({ subject: subject satisfies Subject, journal, spells, lines })
    }
    return histories
  })
  if (histories.length === 0) {
    throw new RollcallError('ERR_NOT_FOUND', 'Nothing has or had this key', {
      hint: 'rollcall roster persons --search TEXT and rollcall roster groups --search TEXT find keys.',
    })
  }
  if (options.json === true) printJson({ key, found: histories.map(historyJson) })
  else
    printLines(
      histories.flatMap((each, index) => [...(index > 0 ? [''] : []), ...historyLines(each)]),
    )
}

/** Lines by run and place, counted in every stored delivery once. */
async function originLines(
  folder: string,
  journal: readonly JournalEntry[],
  spells: readonly Spell[],
): Promise<ReadonlyMap<number, ReadonlyMap<number, LineColumn>>> {
  const runs = new Map<number, { readonly origin: Origin; readonly places: number[] }>()
  const note = (origin: Origin | null, place: number | null | undefined): void => {
    if (origin === null || origin.path === null || place === null || place === undefined) return
    const known = runs.get(origin.run) ?? { origin, places: [] }
    known.places.push(place)
    runs.set(origin.run, known)
  }
  for (const entry of journal) note(entry, entry.place)
  for (const { from, place } of spells) note(from, place)
  const lines = new Map<number, ReadonlyMap<number, LineColumn>>()
  for (const [run, { origin, places }] of runs) {
    const encoding = (origin.encoding ?? 'utf-8') as ImsFrame['encoding']
    if (origin.path === null) continue
    lines.set(run, await placesIn(join(folder, origin.path), encoding, places))
  }
  return lines
}
