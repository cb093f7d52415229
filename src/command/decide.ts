import { RollcallError } from '../errors.ts'
import { exitCodeOf, type RunReport } from '../import/report.ts'
import { runsNamed } from '../store/history.ts'
import { changeFilter, type ChangeOptions, pageLine } from './change-options.ts'
import { withSite, type Opened } from './open.ts'
import { printJson, printLines } from './output.ts'
import { changeJson } from '../shown/changes.ts'
import { changeLines } from './render-changes.ts'
import { reportJson } from '../shown/report.ts'
import { releasePreviewLines, reportLines } from './render-report.ts'

export interface DecisionOptions {
  readonly site: string
  readonly json?: boolean
}

export interface ReleaseOptions extends DecisionOptions, ChangeOptions {
  readonly consulted: string
  readonly withoutRemovals?: boolean
  readonly asRekey?: boolean
  readonly dryRun?: boolean
}

export async function runRelease(plan: string, options: ReleaseOptions): Promise<void> {
  const { report, changes, changesTotal } = await withSite(
    options.site,
    async ({ config, database, site, sender }) => {
      const { previewRelease, releasePlan } = await import('../import/decide.ts')
      const { deliveriesFolder, limits } = config
      const request = {
        database,
        siteId: site.id,
        run: await runOfPlan(database, site.id, plan),
        withoutRemovals: options.withoutRemovals === true,
        ...(options.asRekey === true ? { asRekey: { deliveriesFolder, limits } } : {}),
        consulted: notBlank('--consulted', options.consulted),
        kept: { deliveriesFolder, limits },
        now: () => new Date(),
        sender,
      }
      if (options.dryRun === true) return previewRelease(request, changeFilter(options))
      return { report: await releasePlan(request), changes: undefined, changesTotal: undefined }
    },
  )
  if (changes === undefined) print(report, options)
  else if (options.json === true) {
    const shown = changes.map((change) => changeJson(change))
    printJson({ ...reportJson(report), changesTotal, changes: shown })
  } else {
    const { offset } = options
    const page = pageLine('changes', { shown: changes.length, total: changesTotal, offset })
    printLines([...releasePreviewLines(report), '', page, ...changeLines(changes)])
  }
  process.exitCode = exitCodeOf(report)
}

export async function runReject(
  plan: string,
  options: DecisionOptions & { readonly reason: string },
): Promise<void> {
  const report = await withSite(options.site, async ({ config, database, site, sender }) => {
    const { rejectPlan } = await import('../import/decide.ts')
    return rejectPlan({
      database,
      siteId: site.id,
      run: await runOfPlan(database, site.id, plan),
      reason: notBlank('--reason', options.reason),
      now: () => new Date(),
      sender,
      kept: { deliveriesFolder: config.deliveriesFolder, limits: config.limits },
    })
  })
  print(report, options)
}

function print(report: RunReport, options: DecisionOptions): void {
  if (options.json === true) printJson(reportJson(report))
  else printLines(reportLines(report))
}

/** The run that a plan's name means: its number, or the beginning of its plan's hash. */
async function runOfPlan(
  database: Opened['database'],
  siteId: number,
  plan: string,
): Promise<number> {
  const runs = await database.site(siteId, (session) => runsNamed(session, siteId, plan))
  const [run, ...others] = runs
  if (run === undefined) {
    throw new RollcallError('ERR_NOT_FOUND', `There is no held plan ${plan}`, {
      hint: 'rollcall runs lists all runs; those that wait for a decision are called held.',
    })
  }
  if (others.length > 0) {
    throw new RollcallError('ERR_USAGE', `${plan} is the beginning of more than one plan`, {
      hint: `They are of runs ${runs.join(', ')}: name one by its number.`,
    })
  }
  return run
}

function notBlank(option: string, text: string): string {
  if (text.trim() !== '') return text.trim()
  throw new RollcallError('ERR_USAGE', `${option} is empty`)
}
