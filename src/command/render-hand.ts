import type { HandReport, LeftAlone } from '../correction/contract.ts'
import type { JournalChange } from '../store/journal.ts'
import { bold } from './output.ts'
import { changeLines } from './render-changes.ts'
import { tableLines } from './table.ts'

/** What a run by hand did, or would do, for people. */
export function handLines(report: HandReport, changes: readonly JournalChange[]): string[] {
  const { left, withoutUsername } = report
  const counted = report.changes.map(({ kind, action, n }) => [kind, action, `${n}`])
  const columns = [
    { heading: 'what' },
    { heading: 'change' },
    { heading: 'number', align: 'right' as const },
  ]
  return [
    headline(report),
    ...(counted.length === 0 ? ['Nothing changes.'] : ['', ...tableLines(columns, counted, bold)]),
    ...(changes.length === 0 ? [] : ['', ...changeLines(changes)]),
    ...(left.length === 0 ? [] : ['', bold('Left as it is'), ...left.map(leftLine)]),
    ...(withoutUsername.length === 0
      ? []
      : [
          '',
          'Back without a username, which somebody else has by now:',
          ...withoutUsername.map((id) => `  id ${id}`),
        ]),
  ]
}

function headline({ run, kind, outcome, undoes }: HandReport): string {
  const what = undoes === undefined ? kind : `undo of run ${undoes}`
  return outcome === 'planned'
    ? `${bold(`Dry run: ${what}`)}; nothing was changed`
    : bold(`Run ${run}: ${what}`)
}

const WHY: { readonly [why in LeftAlone['why']]: string } = {
  changedSince: 'a later run or somebody changed it',
  inUse: 'others depend on it by now',
  keyTaken: 'its key means another record by now',
  otherIsNotThere: 'what it belongs to is not there',
  stillSent: 'a source still sends him',
}

function leftLine({ kind, id, otherId, key, why }: LeftAlone): string {
  const other = otherId === undefined ? '' : ` of id ${otherId}`
  return `  ${kind}  ${key ?? `id ${id}`}${other}: ${WHY[why]} (${why})`
}
