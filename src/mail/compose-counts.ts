import { LIMITS, type LimitName } from '../change/limits.ts'
import { type Finding, permilleOf } from '../change/findings.ts'
import { after, type Tallies, type Tally } from '../change/tally.ts'
import { PROFILES } from '../roster/person.ts'
import type { Block, CountChange, CountRow } from './document.ts'
import type { Formats } from './formats.ts'
import { KIND_OF_PROFILE } from './kinds.ts'
import { fill } from './words.ts'

type Part = 'added' | 'updated' | 'removed'
type Kind = 'persons' | 'groups' | 'courses' | 'memberships' | 'relations'

/** Which limit judges what of a whole delivery. Others are not judged. */
const JUDGED_BY: { readonly [kind in Kind]: { readonly [part in Part]?: LimitName } } = {
  persons: { added: 'persons.added', updated: 'persons.updated', removed: 'persons.removed' },
  groups: { updated: 'groups.updated', removed: 'groups.removed' },
  courses: { removed: 'courses.archived' },
  memberships: { updated: 'memberships.updated', removed: 'memberships.removed' },
  relations: {},
}

/** What the percentages are compared with: limits in force when the plan was judged, as far as they are known. */
export type LimitPercents = { readonly [limit in LimitName]?: number }

/** The limits that findings name, over the normal ones. */
export function percentsOf(findings: readonly Finding[], set: LimitPercents = {}): LimitPercents {
  const named = findings.flatMap(({ limit, limitPercent }) =>
    limit === undefined || limitPercent === undefined ? [] : [[limit, limitPercent] as const],
  )
  return { ...set, ...Object.fromEntries(named) }
}

export interface CountOptions {
  readonly limits: LimitPercents
  readonly findings: readonly Finding[]
  /** Nothing of it has been written. */
  readonly isOnlyPlanned?: boolean
}

/** Every kind before and after; of persons every profile that there is. */
export function countBlocks(tallies: Tallies, formats: Formats, options: CountOptions): Block[] {
  const { words } = formats
  const rows: CountRow[] = [row('persons', tallies.person, formats, options)]
  for (const profile of PROFILES) {
    const tally = tallies.profiles[profile]
    if (tally !== undefined && isOfInterest(tally)) {
      rows.push(profileRow(words.kinds[KIND_OF_PROFILE[profile]], tally, formats))
    }
  }
  rows.push(
    row('groups', tallies.group, formats, options),
    row('courses', tallies.course, formats, options),
    row('memberships', tallies.membership, formats, options),
  )
  if (isOfInterest(tallies.relation))
    rows.push(row('relations', tallies.relation, formats, options))
  return [
    {
      is: 'heading',
      text: options.isOnlyPlanned === true ? words.sections.countsIf : words.sections.counts,
    },
    { is: 'counts', head: `${words.counts.before} → ${words.counts.after}`, rows },
    ...notes(tallies, formats),
  ]
}

function notes(
  { person, group, membership, course }: Tallies,
  { words, number }: Formats,
): Block[] {
  const extension =
    person.updatedInExtension + group.updatedInExtension + membership.updatedInExtension
  const texts = [
    ...(extension > 0 ? [fill(words.counts.extension, { n: number(extension) })] : []),
    ...(course.removed > 0 ? [words.counts.archivedHint] : []),
  ]
  return texts.map((text) => ({ is: 'paragraph', text, small: true }))
}

function isOfInterest({ before, added, updated, removed }: Tally): boolean {
  return before + added + updated + removed > 0
}

function row(
  kind: Kind,
  tally: Tally,
  formats: Formats,
  { limits, findings }: CountOptions,
): CountRow {
  const { words, number } = formats
  const changes = (['added', 'updated', 'removed'] as const).flatMap((part): CountChange[] => {
    const count = tally[part]
    if (count === 0) return []
    const limit = JUDGED_BY[kind][part]
    const isOver = findings.some(
      (each) =>
        each.holds && each.limit === limit && each.school === undefined && each.what === kind,
    )
    const label = part === 'removed' && kind === 'courses' ? 'archived' : part
    const beside = besideOf(count, tally.before, limit, formats, limits)
    return [{ label: words.counts[label], count: number(count), isOver, ...beside }]
  })
  return { ...beforeAfter(words.kinds[kind], tally, formats), changes, isPart: false }
}

function besideOf(
  count: number,
  before: number,
  limit: LimitName | undefined,
  { words, permille, percent }: Formats,
  limits: LimitPercents,
): { beside?: string } {
  const share = permilleOf(count, before).permille
  if (share === undefined) return {}
  if (limit === undefined) return { beside: permille(share) }
  const at = percent(limits[limit] ?? LIMITS[limit].percent)
  return { beside: fill(words.counts.withLimit, { percent: permille(share), limit: at }) }
}

function profileRow(name: string, tally: Tally, formats: Formats): CountRow {
  const { words, number } = formats
  const changes = (['added', 'updated', 'removed'] as const).flatMap((part): CountChange[] =>
    tally[part] === 0
      ? []
      : [
          {
            label: words.counts[part],
            count: number(tally[part]),
            isOver: false,
            ...besideOf(tally[part], tally.before, undefined, formats, {}),
          },
        ],
  )
  return { ...beforeAfter(name, tally, formats), changes, isPart: true }
}

function beforeAfter(
  name: string,
  tally: Tally,
  { number }: Formats,
): Pick<CountRow, 'name' | 'before' | 'after'> {
  return { name, before: number(tally.before), after: number(after(tally)) }
}
