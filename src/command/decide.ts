import { type Actor, may } from '../access/actor.ts'
import { RollcallError } from '../errors.ts'
import type { Preview } from '../import/decide.ts'
import { exitCodeOf, type RunReport } from '../import/report.ts'
import type { Approval } from '../store/approvals.ts'
import { runsNamed } from '../store/history.ts'
import { changeFilter, type ChangeOptions, pageLine } from './change-options.ts'
import { EXIT } from './failures.ts'
import { withSite, type Opened } from './open.ts'
import { printJson, printLines } from './output.ts'
import { changeJson } from '../shown/changes.ts'
import { changeLines } from './render-changes.ts'
import { reportJson } from '../shown/report.ts'
import { releasePreviewLines, reportLines } from './render-report.ts'

export interface DecisionOptions {
  readonly site: string
  /** The account that decides. */
  readonly as?: string
  readonly json?: boolean
}

export interface ReleaseOptions extends DecisionOptions, ChangeOptions {
  readonly consulted: string
  readonly withoutRemovals?: boolean
  readonly asRekey?: boolean
  readonly dryRun?: boolean
}

export async function runRelease(plan: string, options: ReleaseOptions): Promise<void> {
  const result = await withSite(options.site, async ({ config, database, site, sender, actor }) => {
    mayRelease(actor, site.id)
    const { previewRelease, releaseOrApprove } = await import('../import/decide.ts')
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
      ...(actor.kind === 'account' ? { account: { id: actor.id, name: actor.name } } : {}),
    }
    if (options.dryRun === true) {
      return { preview: await previewRelease(request, changeFilter(options)) }
    }
    return releaseOrApprove(request)
  })
  if ('approval' in result) {
    printApproval(result.approval, options)
    process.exitCode = EXIT.held
    return
  }
  const { report } = 'preview' in result ? result.preview : result
  if (!('preview' in result)) print(report, options)
  else printPreview(result.preview, options)
  process.exitCode = exitCodeOf(report)
}

function printPreview(
  { report, changes, changesTotal: total }: Preview,
  { json, offset }: ReleaseOptions,
): void {
  if (json === true) {
    const shown = changes.map((change) => changeJson(change))
    printJson({ ...reportJson(report), changesTotal: total, changes: shown })
    return
  }
  const page = pageLine('changes', { shown: changes.length, total, offset })
  printLines([...releasePreviewLines(report), '', page, ...changeLines(changes)])
}

export async function runReject(
  plan: string,
  options: DecisionOptions & { readonly reason: string },
): Promise<void> {
  const report = await withSite(options.site, async ({ config, database, site, sender, actor }) => {
    mayRelease(actor, site.id)
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

/** @throws RollcallError ERR_NOT_ALLOWED for an account without the role */
function mayRelease(actor: Actor, siteId: number): void {
  if (may(actor, 'release', { siteId })) return
  throw new RollcallError(
    'ERR_NOT_ALLOWED',
    'The account may not decide about plans of this site',
    {
      hint: 'A releaser or an administrator of the site may: rollcall accounts role gives the role.',
    },
  )
}

function printApproval({ run, by, at, manner }: Approval, { json }: DecisionOptions): void {
  if (json === true) printJson({ approval: { run, by, at, manner } })
  else {
    printLines([
      `${by} approves the release of run ${run}. Nothing was applied: another person has to release it in the same way.`,
    ])
  }
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
