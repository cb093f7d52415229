import type { PauseSettings } from '../change/waiting.ts'
import type { Session } from '../store/connect.ts'
import { pausedRuns, queuePaused } from '../store/queue.ts'
import type { SourceForRun } from '../store/runs.ts'
import { endPause } from '../store/sites.ts'
import { dayIn } from '../rules/dates.ts'
import { compileSourceRules } from './source-rules.ts'

/** Whether a source is paused on a day, `YYYY-MM-DD`; its last day is one of the pause. */
export function isPaused(pause: PauseSettings | undefined, today: string): boolean {
  return pause !== undefined && (pause.until === undefined || today <= pause.until)
}

/** Whether a source is paused now, in its time zone. */
export function isPausedNow({ settings, rules }: SourceForRun, now: Date): boolean {
  const { pause } = settings
  return pause !== undefined && isPaused(pause, dayIn(compileSourceRules(rules).timeZone, now))
}

/** Ends a pause whose last day is over: what came meanwhile is in line then. */
export async function endPauseThatIsOver(
  session: Session,
  {
    siteId,
    sourceId,
    now,
  }: { readonly siteId: number; readonly sourceId: number; readonly now: () => Date },
  source: SourceForRun,
): Promise<void> {
  if (source.settings.pause === undefined || isPausedNow(source, now())) return
  const runs = await pausedRuns(session, siteId, sourceId)
  await queuePaused(session, siteId, runs, now().toISOString())
  await endPause(session, siteId, sourceId, now().toISOString())
}
