import type { Command } from 'commander'
import { severitiesOf, wholeNumber, planName } from './arguments.ts'
import { withChangeFilter } from './declare-deliveries.ts'
import type { DecisionOptions, ReleaseOptions } from './decide.ts'
import type { RunOptions, RunsOptions } from './runs.ts'

/** `runs`, `run`, `release` and `reject`. */
export function declareRuns(program: Command): void {
  program
    .command('runs')
    .summary('list the runs')
    .description('Lists runs, the latest first: when, which delivery, how they ended.')
    .option('--site <name>', 'the site', 'default')
    .option('--source <name>', 'only runs of this source')
    .option('--limit <n>', 'list at most so many', wholeNumber(0, 100_000), 20)
    .option('--offset <n>', 'leave out so many first', wholeNumber(0, 1_000_000_000), 0)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall runs --limit 5')
    .action(async (options: RunsOptions) => {
      const { runRuns } = await import('./runs.ts')
      await runRuns(options)
    })

  withChangeFilter(
    program
      .command('run')
      .summary('show a run: report, problems, changes')
      .description(
        'Shows a run again: its report, its problems with line and column, and its changes with values before and after.',
      )
      .argument('<id>', 'number of the run', wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  )
    .option(
      '--severity <list>',
      'problems of these: refused, setAside, warning, notice',
      severitiesOf,
    )
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall run 12 --only removed --kind person --limit 100')
    .action(async (run: number, options: RunOptions) => {
      const { runRun } = await import('./runs.ts')
      await runRun(run, options)
    })

  withChangeFilter(
    program
      .command('release')
      .summary('apply a held plan')
      .description(
        'Applies a held plan exactly as it was judged. Refused if the roster has moved since; a new plan is then made by\n' +
          'importing the delivery again. The filters choose what --dry-run lists.',
      )
      .argument('<plan>', 'number of the held run, or the beginning of its plan hash', planName),
  )
    .requiredOption('--consulted <role>', 'whom in the source system you asked: a role, not a name')
    .option(
      '--as-rekey',
      'take suspected new keys that are sure enough as new keys of the same records',
    )
    .option('--without-removals', 'apply additions and updates, leave out removals')
    .option('--as <account>', 'decide as this account, whose password is asked for')
    .option('--dry-run', 'show what would be applied, and apply nothing')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall release 12 --as-rekey --consulted "school secretary"',
    )
    .action(async (plan: string, options: ReleaseOptions) => {
      const { runRelease } = await import('./decide.ts')
      await runRelease(plan, options)
    })

  program
    .command('reject')
    .summary('drop a held plan')
    .description(
      'Drops a held plan. The roster stays as it is; the next delivery is compared with it as before.',
    )
    .argument('<plan>', 'number of the held run, or the beginning of its plan hash', planName)
    .requiredOption('--reason <text>', 'why, for whoever reads the history')
    .option('--as <account>', 'decide as this account, whose password is asked for')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall reject 12 --reason "half of the export is missing"',
    )
    .action(async (plan: string, options: DecisionOptions & { readonly reason: string }) => {
      const { runReject } = await import('./decide.ts')
      await runReject(plan, options)
    })
}
