import type { Command } from 'commander'
import { assignment, dateOf, wholeNumber } from './arguments.ts'
import type { AnnouncementOptions, AnnounceOptions } from './announce.ts'

/** `announce`. */
export function declareAnnounce(program: Command): void {
  const announce = program
    .command('announce')
    .summary('make a change known beforehand')
    .description(
      'A change that is known beforehand passes the safety filter up to the ceilings that are given, in one run.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  rollcall announce create --school NORRSKOLAN --ceiling persons.removed=480 --until 2026-09-05 --reason "closes"',
    )
  announce
    .command('create', { isDefault: true })
    .description(
      'Announces a change: what stays under the ceilings passes, the rest is judged as always. It counts for one run.',
    )
    .requiredOption(
      '--ceiling <limit=count>',
      'the most that passes, named like the limit; repeatable',
      assignment,
    )
    .requiredOption('--until <date>', 'its last day, at most 7 days ahead', dateOf)
    .requiredOption('--reason <text>', 'why, for whoever reads the history')
    .option('--school <key...>', 'only at the schools with these keys')
    .option('--site <name>', 'the site', 'default')
    .option('--source <name>', 'the source whose delivery it is about', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall announce create --ceiling groups.removed=30 --until 2026-09-05 --reason "new year"',
    )
    .action(async (options: AnnounceOptions) => {
      const { runAnnounce } = await import('./announce.ts')
      await runAnnounce(options)
    })
  announce
    .command('list')
    .description('Lists announcements, the latest first, with what has become of them.')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall announce list')
    .action(async (options: AnnouncementOptions) => {
      const { runAnnouncements } = await import('./announce.ts')
      await runAnnouncements(options)
    })
  announce
    .command('withdraw')
    .description('Takes an announcement back that no run has used.')
    .argument('<number>', 'its number', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall announce withdraw 1')
    .action(async (id: number, options: AnnouncementOptions) => {
      const { runWithdraw } = await import('./announce.ts')
      await runWithdraw(id, options)
    })
}
