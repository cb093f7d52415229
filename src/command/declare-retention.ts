import type { Command } from 'commander'
import { wholeNumber } from './arguments.ts'
import { byHand } from './declare-corrections.ts'
import type { PurgeOptions, RetentionOptions } from './purge.ts'

/** `bin purge`, below `bin`. */
export function declarePurge(bin: Command): void {
  byHand(
    bin
      .command('purge')
      .description(
        'Erases persons for good: from the roster, the journal, problems, held plans and kept deliveries. Only a number stays.\n' +
          'Persons are erased whose quarantine in the recycle bin is over, and whom no source sends. It cannot be undone.',
      )
      .argument('[key]', 'sync key, or # and the number')
      .option(
        '--all-older-than <days>',
        'all who have been in the recycle bin for so many days',
        wholeNumber(1, 36_500),
      )
      .option('--now', 'also within the quarantine, and though a source sends him; needs --reason')
      .option('--reason <text>', 'why, for whoever reads the history; without names'),
    'rollcall bin purge P-100 --dry-run',
  ).action(async (name: string | undefined, options: PurgeOptions) =>
    (await import('./purge.ts')).runBinPurge(name, options),
  )
}

/** `retention`. */
export function declareRetention(program: Command): void {
  program
    .command('retention')
    .summary('delete what is older than the site keeps it')
    .description(
      'Deletes deliveries and journal that are older than the site keeps them, and erases persons from the recycle bin where\n' +
        'a period is set for it. Each import does the same first, at most once a day. sites set has the periods.',
    )
    .option('--dry-run', 'show what would go, change nothing')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall retention --dry-run')
    .action(async (options: RetentionOptions) => (await import('./purge.ts')).runRetention(options))
}
