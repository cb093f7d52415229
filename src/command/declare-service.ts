import type { Command } from 'commander'

/** `serve` and `worker`. */
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
}
