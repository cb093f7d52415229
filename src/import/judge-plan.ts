import { judge, type Verdict, type WholeDelivery } from '../change/judge.ts'
import { type ChurnCount, isChurn, isProposed, type KeyChurn } from '../change/key-churn.ts'
import { effectiveLimits } from '../change/limits.ts'
import type { Tallies } from '../change/tally.ts'
import type { Week } from '../change/week.ts'
import type { Session } from '../store/connect.ts'
import { openAnnouncements } from '../store/announcements.ts'
import { removalsOfWeek } from '../store/removals-of-week.ts'
import type { SourceForRun } from '../store/runs.ts'
import type { Comparison } from './compare.ts'
import type { ImportRequest } from './contract.ts'
import type { Suspected } from './suspects.ts'

/** What a plan is judged by. */
export interface ToJudge {
  readonly comparison: Comparison
  readonly tallies: Tallies
  /** Counts the plan once more, as another comparison has it. */
  readonly countAgain: (comparison: Comparison) => Promise<Tallies>
  readonly siteIsEmpty: boolean
  /** What else is known about the delivery as a whole. */
  readonly known: Pick<WholeDelivery, 'review' | 'parentRelation' | 'encoding' | 'repeats'>
}

/**
 * Judges a plan with everything that is known beside it: suspected new keys, what the last seven days removed, and what
 * was announced. Each is asked for only where it can make a difference.
 */
export async function judgePlan(
  session: Session,
  request: ImportRequest,
  source: SourceForRun,
  { comparison, tallies, countAgain, siteIsEmpty, known }: ToJudge,
): Promise<Verdict> {
  const limits = effectiveLimits(source.siteSettings, source.settings)
  const isFirst = isFirstDelivery(source)
  const churn = countChurn(comparison.suspected)
  const isHeldForChurn =
    isChurn(churn.person, tallies.person.before) || isChurn(churn.group, tallies.group.before)
  const week = isFirst ? undefined : await weekOf(session, request, comparison, tallies)
  const whole: WholeDelivery = {
    ...(isFirst ? { firstDelivery: firstVerdict(request, siteIsEmpty) } : {}),
    missingKinds: comparison.missingKinds,
    removalsLeftOut: comparison.removalsLeftOut,
    yearsLearned: comparison.groups.yearsLearned,
    ...known,
    keyChurn: churn,
    ...(isHeldForChurn ? { withoutPairs: await countAgain(comparison) } : {}),
    ...(week === undefined ? {} : { week }),
  }
  const verdict = judge(tallies, whole, limits)
  const couldBeAnnounced = verdict.findings.some(
    ({ holds, limit, code }) => holds && (limit !== undefined || code === 'SCHOOL_EMPTIED'),
  )
  if (!couldBeAnnounced) return verdict
  const announcements = await openAnnouncements(
    session,
    request.siteId,
    request.sourceId,
    request.now().toISOString(),
  )
  return announcements.length === 0 ? verdict : judge(tallies, whole, limits, announcements)
}

/** Nothing of the source was ever accepted. */
export function isFirstDelivery({ state }: SourceForRun): boolean {
  return state.encoding === undefined
}

function firstVerdict({ channel }: ImportRequest, siteIsEmpty: boolean): 'passes' | 'holds' {
  return channel === 'command line' && siteIsEmpty ? 'passes' : 'holds'
}

/** How many pairs there are of each kind. */
export function countChurn({ person, group }: Suspected): KeyChurn {
  const count = ({ pairs, ambiguous }: Suspected['person']): ChurnCount => ({
    pairs: pairs.length,
    proposed: pairs.filter(isProposed).length,
    leftOut: pairs.filter(({ leftOut }) => leftOut).length,
    ambiguous,
  })
  return { person: count(person), group: count(group) }
}

async function weekOf(
  session: Session,
  { siteId, sourceId, now }: ImportRequest,
  { persons }: Comparison,
  { person, group, membership }: Tallies,
): Promise<Week | undefined> {
  if (person.removed === 0 && group.removed === 0 && membership.removed === 0) return undefined
  const back = persons.writes.filter(({ action }) => action === 'restore').map(({ id }) => id)
  return removalsOfWeek(session, siteId, sourceId, now(), {
    persons: back,
    person: person.before,
    group: group.before,
    membership: membership.before,
  })
}
