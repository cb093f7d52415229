import type { Command } from 'commander'
import { CHANGE_KINDS } from './change-options.ts'
import { actionsOf, wholeNumber, wordsOf } from './arguments.ts'
import type { CheckOptions } from './check.ts'
import type { ImportOptions } from './import.ts'
import type { PlanOptions } from './plan.ts'

/** `check`, `plan` and `import`: what is done with a file. */
export function declareDeliveries(program: Command): void {
  program
    .command('check')
    .summary('say what a file is and everything that is wrong with it')
    .description(
      'Says what a file is and everything that is wrong with it, with line and column. Needs no database and changes nothing.\n' +
        'Reads the file as an import into an empty roster would. Exit code 4 if it would be refused, 5 if records would be set aside.',
    )
    .argument('<file>', 'the delivery')
    .option('--rules <file>', 'rules to read it with (default: the built-in ones)')
    .option('--strict', 'list departures from the dialect one by one; exit code 5 if there are any')
    .option('--limit <n>', 'list at most so many problems', wholeNumber(0, 1_000_000), 200)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall check export.xml --strict')
    .action(async (file: string, options: CheckOptions) => {
      const { runCheck } = await import('./check.ts')
      await runCheck(file, options)
    })

  withChangeFilter(
    program
      .command('plan')
      .summary('say what an import would do, and do nothing')
      .description(
        'Says what an import of the file would do: verdict, findings, counts, and each change with its values before and\n' +
          'after. Changes nothing. Exit code 3 if the import would be held, 4 if refused, 5 if records would be set aside.',
      )
      .argument('<file>', 'the delivery'),
  )
    .option('--site <name>', 'the site', 'default')
    .option('--source <name>', 'the source the file comes from', 'default')
    .option('--accept-older', 'accept a file that is older than the last accepted one')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall plan tonight.xml --only removed,updated --kind person --school S-1',
    )
    .action(async (file: string, options: PlanOptions) => {
      const { runPlan } = await import('./plan.ts')
      await runPlan(file, options)
    })

  program
    .command('import')
    .summary('import a delivery')
    .description(
      'Imports a delivery: compares it with the last accepted one, judges the plan, and applies it in one transaction,\n' +
        'or holds it. Shows progress on standard error and the report on standard output. Ctrl-C leaves the roster untouched.',
    )
    .argument('<file>', 'the delivery')
    .option('--site <name>', 'the site', 'default')
    .option('--source <name>', 'the source the file comes from', 'default')
    .option('--accept-older', 'accept a file that is older than the last accepted one')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall import tonight.xml')
    .action(async (file: string, options: ImportOptions) => {
      const { runImport } = await import('./import.ts')
      await runImport(file, options)
    })
}

/** The filter on changes that `plan` and `run` share. */
export function withChangeFilter(command: Command): Command {
  return command
    .option(
      '--only <actions>',
      'only changes of these: added, updated, removed, restored …',
      actionsOf,
    )
    .option(
      '--kind <kinds>',
      `only changes of these: ${CHANGE_KINDS.join(', ')}`,
      wordsOf(CHANGE_KINDS),
    )
    .option('--school <key>', 'only changes at the school with this key')
    .option('--limit <n>', 'list at most so many', wholeNumber(0, 1_000_000), 50)
    .option('--offset <n>', 'leave out so many first', wholeNumber(0, 1_000_000_000), 0)
}
