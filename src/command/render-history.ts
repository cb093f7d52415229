import type { LineColumn } from '../import/lines.ts'
import type { JournalEntry, Origin, Spell, Subject } from '../store/explain-queries.ts'
import { bold } from './output.ts'
import { shownChange } from '../shown/changes.ts'
import { type History, shownSubject } from '../shown/history.ts'
import { actionText, pairLines, valueText } from './render-changes.ts'
import { oneLine } from './table.ts'
import { timeText } from '../shown/time.ts'

export function historyLines(history: History): string[] {
  const { subject, journal, spells, lines } = history
  const shown = shownSubject(subject)
  const isTold = subject.source !== null && !subject.protected
  const about = [subject.state, ...(isTold ? [`source ${subject.source}`] : [])]
  const out = [
    `${bold(`${subject.kind} ${oneLine(subject.key ?? '(manual)')}`)}  ${oneLine(shown.name)}  (${about.join(', ')}, id ${subject.id})`,
  ]
  const fields = Object.entries(shown.fields)
  if (fields.length > 0) out.push('  now', ...pairLines(undefined, shown.fields))
  if (shown.extension.length > 0) {
    out.push('  not used by the roster, kept as sent')
    out.push(...shown.extension.map((piece) => `            ${oneLine(piece)}`))
  }
  out.push(...tieLines(subject))
  out.push('  changes')
  for (const entry of journal) out.push(...entryLines(entry, subject, lines))
  if (journal.length === 0) out.push('    none')
  if (spells.total > 0) out.push(...spellLines(history))
  return out
}

/** Further keys, and other sources that send it. Of a protected person a source would tell the school. */
function tieLines({ aliases, claims, protected: isProtected }: Subject): string[] {
  const by = (source: string | null): string =>
    isProtected || source === null ? '' : ` (source ${oneLine(source)})`
  return [
    ...aliases.map(({ key, source }) => `  also ${oneLine(key)}${by(source)}`),
    ...claims.map(({ key, source, joinedBy }) => {
      const how = joinedBy === null ? '' : `, joined by ${joinedBy}`
      return `  claimed as ${oneLine(key)}${by(source)}${how}`
    }),
  ]
}

function entryLines(
  entry: JournalEntry,
  { protected: isProtected }: Subject,
  lines: History['lines'],
): string[] {
  const change = shownChange(isProtected ? { ...entry, protected: true } : entry)
  const at = entry.place === undefined ? undefined : lines.get(entry.run)?.get(entry.place)
  const relation =
    change.kind === 'relation' ? ` relation to ${oneLine(change.otherKey ?? '?')}` : ''
  const head = `    ${originText(entry, at)}  ${actionText(change.action)}${relation}`
  const values =
    change.action === 'remove' || change.action === 'archive'
      ? []
      : pairLines(change.action === 'add' ? undefined : (change.before ?? {}), change.after)
  return [head, ...values]
}

function originText(
  origin: Pick<Origin, 'run' | 'runKind' | 'at' | 'fileName'>,
  at?: LineColumn,
): string {
  const byHand = origin.runKind === 'import' ? '' : ` (${origin.runKind} by hand)`
  const file = origin.fileName === null ? byHand : ` ${oneLine(origin.fileName)}`
  return `${timeText(origin.at)}  run ${origin.run}${file}${at === undefined ? '' : ` line ${at.line}`}`
}

function spellLines({ subject, spells, lines }: History): string[] {
  const out = ['  memberships']
  for (const spell of spells.rows) {
    const at =
      spell.from && spell.place !== null ? lines.get(spell.from.run)?.get(spell.place) : undefined
    const from = spell.from === null ? 'before all runs' : originText(spell.from, at)
    const until = spell.to === null ? 'still there' : `until ${originText(spell.to)}`
    out.push(
      `    ${otherEnd(subject, spell)}  ${spellText(spell)}${saidBy(subject, spell)}`,
      `      from ${from}, ${until}`,
    )
  }
  const listed = spells.rows.length + spells.hidden
  if (spells.hidden > 0)
    out.push(`    ${spells.hidden} of persons with protected identity are not listed`)
  if (listed < spells.total) out.push(`    and ${spells.total - listed} more; --limit lists them`)
  return out
}

/** Where another source than the record's own says so. Of a protected person it would tell the school. */
function saidBy({ source, protected: isProtected }: Subject, spell: Spell): string {
  if (isProtected || spell.source === null || spell.source === source) return ''
  return `, source ${oneLine(spell.source)}`
}

function otherEnd({ kind, protected: isProtected }: Subject, spell: Spell): string {
  if (kind !== 'person')
    return oneLine(`${spell.personKey ?? '(manual)'} ${spell.person ?? ''}`.trim())
  return isProtected
    ? 'a group (not shown)'
    : oneLine(`${spell.groupKey ?? '(manual)'} ${spell.group}`)
}

function spellText({ values }: Spell): string {
  const { role, active, begin, end } = values
  const dates = begin || end ? `, ${valueText(begin)} to ${valueText(end)}` : ''
  return `${valueText(role)}${active === false ? ', inactive' : ''}${dates}`
}
