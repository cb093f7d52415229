import type { Command } from 'commander'
import { wholeNumber } from './arguments.ts'
import type { ArrivalOptions } from './arrivals.ts'

/** `serve`, `worker` and `arrivals`. */
export function declareService(program: Command): void {
  program
    .command('serve')
    .summary('run the service')
    .description(
      'Imports what comes, sends mail, watches and tidies up, until it is stopped: SIGTERM or Ctrl-C lets what is under way come\n' +
        'to its end, a second one ends at once. Logs are JSON lines on standard output, on a terminal lines to read.',
    )
    .addHelpText('after', '\nExample:\n  rollcall serve')
    .action(async () => (await import('./service.ts')).runServe())
  program
    .command('worker')
    .summary('help the service on another host')
    .description(
      'Imports what comes, beside other processes on any hosts. Needs DATABASE_URL, and the folder of deliveries that all of them\n' +
        'share.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  DATABASE_URL=postgresql://app@db/rollcall ROLLCALL_DELIVERIES_FOLDER=/srv/deliveries rollcall worker',
    )
    .action(async () => (await import('./service.ts')).runWorker())
  declareArrivals(
    program
      .command('arrivals')
      .summary('list, import and throw away what has come')
      .description(
        'Deliveries that came by themselves and wait for their import, or were given up.',
      )
      .addHelpText('after', '\nExample:\n  rollcall arrivals run 17'),
  )
}

function declareArrivals(arrivals: Command): void {
  arrivals
    .command('list', { isDefault: true })
    .description('Lists what waits, in order of arrival.')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall arrivals list')
    .action(async (options: ArrivalOptions) =>
      (await import('./arrivals.ts')).runArrivalsList(options),
    )
  arrivals
    .command('run')
    .description(
      'Imports what waits now, in order of arrival, whatever the schedule says. With a number: what waits of its source up to\n' +
        'that; one that was given up, too. The exit code is that of the worst of them.',
    )
    .argument('[arrival]', 'its number', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--site <name>', 'the site', 'default')
    .option('--source <name>', 'only of this source')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall arrivals run 17')
    .action(async (id: number | undefined, options: ArrivalOptions & { source?: string }) =>
      (await import('./arrivals.ts')).runArrivalsRun(id, options),
    )
  arrivals
    .command('discard')
    .description('Throws away one that waits or was given up, with its bytes.')
    .argument('<arrival>', 'its number', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall arrivals discard 17')
    .action(async (id: number, options: ArrivalOptions) =>
      (await import('./arrivals.ts')).runArrivalsDiscard(id, options),
    )
}
