import { emptyTally, type Tallies, type Tally } from '../change/tally.ts'
import type { Outcome, RunReport } from '../import/report.ts'
import type { Session } from '../store/connect.ts'
import { lastApplied, runsBetween, type ToldSource } from '../store/told.ts'
import { setAside } from './compose-finished.ts'
import type { Digest } from './matter.ts'
import { isCompleted } from './subject.ts'

/** What the imports of a source that ended within a time came to. */
export async function digestOf(
  session: Session,
  siteId: number,
  source: ToldSource,
  period: { readonly from: string; readonly to: string; readonly withFull: boolean },
): Promise<Digest> {
  const runs = await runsBetween(session, siteId, { sourceId: source.id, ...period })
  const outcomes: { [outcome in Outcome]?: number } = {}
  const failures: Digest['failures'][number][] = []
  const applied: RunReport[] = []
  const open: number[] = []
  for (const { run, state, report } of runs) {
    const stored = report as Partial<RunReport> & { error?: string }
    const outcome = stored.outcome ?? 'failed'
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    if (state === 'held') open.push(run)
    else if (!isCompleted(outcome) && outcome !== 'superseded') {
      const code = stored.error ?? stored.refusal?.code
      failures.push({ run, outcome, ...(code === undefined ? {} : { code }) })
    }
    if (stored.tallies !== undefined && (outcome === 'applied' || outcome === 'released')) {
      applied.push(stored as RunReport)
    }
  }
  const lastAppliedAt = await lastApplied(session, siteId, source.id)
  return {
    source: source.name,
    outcomes,
    ...(applied.length === 0 ? {} : { tallies: sumOf(applied.map(({ tallies }) => tallies)) }),
    setAside: applied.reduce((sum, report) => sum + setAside(report), 0),
    failures,
    open,
    ...(lastAppliedAt === undefined ? {} : { lastAppliedAt }),
  }
}

/** From what there was before the first to what there is after the last, with all that happened between. */
function sumOf(all: readonly Tallies[]): Tallies {
  const of = (pick: (tallies: Tallies) => Tally | undefined): Tally => {
    const [first] = all.flatMap((tallies) => pick(tallies) ?? [])
    const sum = emptyTally(first?.before ?? 0)
    for (const tallies of all) {
      const tally = pick(tallies)
      if (tally === undefined) continue
      for (const part of ['added', 'updated', 'updatedInExtension', 'removed', 'moved'] as const) {
        sum[part] += tally[part]
      }
    }
    return sum
  }
  const profiles = new Set(all.flatMap((tallies) => Object.keys(tallies.profiles)))
  return {
    person: of(({ person }) => person),
    group: of(({ group }) => group),
    course: of(({ course }) => course),
    membership: of(({ membership }) => membership),
    relation: of(({ relation }) => relation),
    profiles: Object.fromEntries(
      Array.from(profiles, (profile) => [
        profile,
        of((tallies) => tallies.profiles[profile as keyof Tallies['profiles']]),
      ]),
    ),
    schools: [],
  }
}
