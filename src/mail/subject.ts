import type { Outcome } from '../import/report.ts'
import type { Matter } from './matter.ts'
import type { Words } from './words.ts'

/** The words that mail rules look for: the same in every language, at the beginning of the subject and in a header. */
export type Status =
  'Import started' | 'Import finished with status Completed' | 'Import finished with status Failed'

/** Longest name in a subject, in characters; names of sites may have 100. */
const NAME_CHARACTERS_MAX = 100

/** Outcomes that need nobody: what was to be done was done. All others are Failed, held ones too. */
const COMPLETED: ReadonlySet<Outcome> = new Set([
  'applied',
  'same',
  'released',
  'observed',
  'paused',
])

export function isCompleted(outcome: Outcome): boolean {
  return COMPLETED.has(outcome)
}

/** The status of a mail about an import; undefined for any other. */
export function statusOf(matter: Matter): Status | undefined {
  if (matter.is === 'started') return 'Import started'
  if (matter.is === 'finished') return finished(isCompleted(matter.outcome))
  if (matter.is === 'daily') {
    return finished(
      matter.digests.every(({ failures, open }) => failures.length + open.length === 0),
    )
  }
  return undefined
}

function finished(isGood: boolean): Status {
  return isGood ? 'Import finished with status Completed' : 'Import finished with status Failed'
}

/**
 * `STATUS - SITE`, or `STATUS - SITE (SOURCE)` for a source that is not the default one; a mail that is not about an import
 * has words of the recipient's language in the place of the status.
 */
export function subjectOf(matter: Matter, words: Words): string {
  const { site, source } = matter
  const of = source === undefined || source === 'default' ? '' : ` (${plain(source)})`
  return `${statusOf(matter) ?? otherWords(matter, words)} - ${plain(site.name)}${of}`
}

function otherWords({ is }: Matter, { subject }: Words): string {
  switch (is) {
    case 'missing':
    case 'came':
    case 'reminder':
    case 'hand':
    case 'givenUp':
    case 'fetchFailed':
    case 'weekly':
    case 'review':
    case 'test':
      return subject[is]
    default:
      return ''
  }
}

/** A name as it may stand in a header: one line, no control characters, no directional marks, cut to length. */
export function plain(name: string): string {
  const oneLine = name.replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return Array.from(oneLine).slice(0, NAME_CHARACTERS_MAX).join('')
}
