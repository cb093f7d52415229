import type { Command } from 'commander'
import { PROFILES } from '../roster/person.ts'
import { oneOf, wholeNumber, wordsOf } from './arguments.ts'
import { CHANGE_KINDS } from './change-options.ts'
import type { LetThroughOptions } from './let-through.ts'
import type { WaitingOptions } from './waiting.ts'

/** `waiting` and `let-through`: what a source's mode delays. */
export function declareModes(program: Command): void {
  program
    .command('waiting')
    .summary('list what waits')
    .description(
      'Lists the changes that wait because a source’s mode delays them, or because a plan was released without its\n' +
        'removals: the longest waiting first. Every full delivery plans them again.',
    )
    .option('--site <name>', 'the site', 'default')
    .option('--source <name>', 'only of this source')
    .option(
      '--kind <kinds>',
      `only changes of these: ${CHANGE_KINDS.join(', ')}`,
      wordsOf(CHANGE_KINDS),
    )
    .option('--school <key>', 'only at the school with this key')
    .option('--limit <n>', 'list at most so many', wholeNumber(0, 1_000_000), 50)
    .option('--offset <n>', 'leave out so many first', wholeNumber(0, 1_000_000_000), 0)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall waiting --kind person --school S-1')
    .action(async (options: WaitingOptions) => {
      const { runWaiting } = await import('./waiting.ts')
      await runWaiting(options)
    })

  program
    .command('let-through')
    .summary('apply some of what waits')
    .description(
      'Applies what waits of one record, of a school or of a profile, at once: the newest full delivery is run again from\n' +
        'the bytes that are kept, and judged as always. Exit code 3 if it is held.',
    )
    .option('--site <name>', 'the site', 'default')
    .option('--source <name>', 'the source that it waits for', 'default')
    .option('--key <key>', 'what waits of the record with this key, with its memberships')
    .option('--school <key>', 'what waits at the school with this key')
    .option('--profile <profile>', 'what waits of persons of this profile', oneOf(PROFILES))
    .option('--dry-run', 'say what it would do, and do nothing')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall let-through --key P-1042 --dry-run')
    .action(async (options: LetThroughOptions) => {
      const { runLetThrough } = await import('./let-through.ts')
      await runLetThrough(options)
    })
}
