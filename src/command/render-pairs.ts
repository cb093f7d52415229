import type { Confidence, PairReason, SuspectedPair } from '../change/key-churn.ts'
import type { RunReport } from '../import/report.ts'
import { protectedName, shownPairKeys } from '../roster/display.ts'

/** Pairs that are printed; `--json` has more. */
const LINES_MAX = 20

/** Records that are probably sent under new keys: how many, then who. */
export function pairLines({ keyChurn, suspectedPairs = [] }: RunReport): string[] {
  if (keyChurn === undefined) return []
  const counts = (['person', 'group'] as const).flatMap((kind) => {
    const { pairs, leftOut, ambiguous } = keyChurn[kind]
    if (pairs + ambiguous === 0) return []
    const left = leftOut === 0 ? '' : `, ${leftOut} of them left out of the plan`
    const open = ambiguous === 0 ? '' : `; ${ambiguous} could be one of several and are no pair`
    return [`  ${kind}s  ${pairs} probably sent under new keys${left}${open}`]
  })
  const listed = suspectedPairs.slice(0, LINES_MAX).map(pairLine)
  const total = keyChurn.person.pairs + keyChurn.group.pairs
  const more = total > listed.length ? [`  … and ${total - listed.length} more: --json`] : []
  return ['Suspected new keys', ...counts, ...listed, ...more]
}

function pairLine(pair: SuspectedPair): string {
  const { kind, oldId, confidence, reasons, leftOut, rekeyed } = pair
  const { oldKey, newKey } = shownPairKeys(pair)
  const who = pair.protected ? protectedName(oldId) : `${oldKey} is now ${newKey}`
  const why = `${SURENESS[confidence]}: same ${reasons.map((reason) => REASONS[reason]).join(', ')}`
  const outcome = rekeyed ? '; released as one' : leftOut ? '; left out of the plan' : ''
  return `    ${kind} ${who} (${why}${outcome})`
}

const SURENESS: { readonly [confidence in Confidence]: string } = {
  certain: 'certain',
  high: 'probable',
  low: 'possible',
}

const REASONS: { readonly [reason in PairReason]: string } = {
  nationalNumber: 'national number',
  username: 'username',
  email: 'e-mail',
  nameAndBirthDate: 'name and birth date',
  name: 'name',
  contact: 'phone or address',
  title: 'title',
  parent: 'parent',
  members: 'members',
}
