import type { Finding } from '../change/judge.ts'
import type { RunReport } from '../import/report.ts'
import type { Block, Item } from './document.ts'
import type { Formats } from './formats.ts'
import { kindWord } from './kinds.ts'
import type { Episode } from './matter.ts'
import { plain } from './subject.ts'
import { fill } from './words.ts'

type SchoolNames = RunReport['schoolNames']

/** Why a plan is held, each with what to do; then what else deserves a look. */
export function findingBlocks(
  findings: readonly Finding[],
  schools: SchoolNames,
  formats: Formats,
  { withAdvice }: { readonly withAdvice: boolean },
): Block[] {
  const { sections } = formats.words
  const holding = findings.filter(({ holds }) => holds)
  const others = findings.filter(({ holds }) => !holds)
  const block = (heading: string, some: readonly Finding[]): Block[] =>
    some.length === 0
      ? []
      : [
          { is: 'heading', text: heading },
          {
            is: 'items',
            items: some
              .slice(0, ITEMS_MAX)
              .map((each) => itemOf(each, schools, formats, withAdvice)),
          },
          ...moreThan(some.length, ITEMS_MAX, formats),
        ]
  return [...block(sections.findings, holding), ...block(sections.notes, others)]
}

/** Gmail cuts a mail at 102 kB, and nobody reads a hundred schools: the first say what it is, the server has them all. */
const ITEMS_MAX = 30

/** How many more there are than a mail lists; nothing where it lists all. */
export function moreThan(all: number, listed: number, { words, plural }: Formats): Block[] {
  const rest = all - listed
  return rest > 0 ? [{ is: 'paragraph', text: plural(words.more, rest), small: true }] : []
}

function itemOf(
  finding: Finding,
  schools: SchoolNames,
  formats: Formats,
  withAdvice: boolean,
): Item {
  const [, todo] = formats.words.findings[finding.code]
  const detail = detailOf(finding, formats)
  return {
    text: titleOf(finding, schools, formats),
    ...(detail === '' ? {} : { detail }),
    ...(withAdvice ? { todo } : {}),
    isGrave: finding.holds,
  }
}

function titleOf(finding: Finding, schools: SchoolNames, { words }: Formats): string {
  const where = schoolName(finding, schools, words.noSchool)
  const kind = kindWord(finding.what, words)
  const title = words.findings[finding.code][0] ?? ''
  const what = where === '' ? kind : `${kind}, ${where}`
  return title.includes('{what}') || where === '' ? fill(title, { what }) : `${title}: ${where}`
}

function schoolName({ school }: Finding, schools: SchoolNames, none: string): string {
  if (school === undefined) return ''
  return school === 0 ? none : plain(schools[String(school)] ?? `${school}`)
}

/** How many of how many, percent, limit; and what was said beforehand. */
function detailOf(finding: Finding, formats: Formats): string {
  const { words, number, time } = formats
  const { finding: texts } = words
  const { earlier, since, announced, ceiling } = finding
  return [
    countOf(finding, formats),
    ...(earlier === undefined || since === undefined
      ? []
      : [fill(texts.earlier, { n: number(earlier), since: time(since) })]),
    ...(announced === undefined ? [] : [fill(texts.announced, { n: number(announced) })]),
    ...(ceiling === undefined ? [] : [fill(texts.ceiling, { n: number(ceiling) })]),
  ]
    .filter((text) => text !== '')
    .join('; ')
}

function countOf(finding: Finding, { words, number, permille, percent }: Formats): string {
  const { code, count, of, limitPercent, floor = 0, proposed = 0 } = finding
  const { finding: texts } = words
  if (count === undefined) return ''
  const n = number(count)
  if (code === 'KIND_EMPTIED' || code === 'SCHOOL_EMPTIED') return fill(texts.all, { n })
  if (of === undefined) return n
  const share = { n, of: number(of), percent: permille(finding.permille ?? 0) }
  if (code === 'KEY_CHURN') return fill(texts.churn, { ...share, proposed: number(proposed) })
  return limitPercent === undefined
    ? fill(texts.plain, share)
    : fill(texts.share, { ...share, limit: percent(limitPercent), floor: number(floor) })
}

/** What has changed since the plan before, for those who were told of that one. */
export function sinceBlocks(
  findings: readonly Finding[],
  schools: SchoolNames,
  { before }: Episode,
  formats: Formats,
): Block[] {
  if (before === undefined) return []
  const { sections, since } = formats.words
  const titles = (some: readonly Finding[], names: SchoolNames): Map<string, Finding> =>
    new Map(some.filter(({ holds }) => holds).map((each) => [titleOf(each, names, formats), each]))
  const now = titles(findings, schools)
  const then = titles(before.findings, before.schoolNames)
  const items: Item[] = []
  for (const [what, finding] of now) {
    const earlier = then.get(what)
    if (earlier === undefined) items.push({ text: fill(since.added, { what }) })
    else if (earlier.count !== finding.count) {
      const values = {
        now: formats.number(finding.count ?? 0),
        before: formats.number(earlier.count ?? 0),
      }
      items.push({ text: fill(since.count, { what, ...values }) })
    }
  }
  for (const what of then.keys()) {
    if (!now.has(what)) items.push({ text: fill(since.gone, { what }) })
  }
  return [
    { is: 'heading', text: sections.since },
    { is: 'items', items: items.length === 0 ? [{ text: since.same }] : items.slice(0, ITEMS_MAX) },
    ...moreThan(items.length, ITEMS_MAX, formats),
  ]
}
