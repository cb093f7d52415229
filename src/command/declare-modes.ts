import type { Command } from 'commander'
import { PROFILES } from '../roster/person.ts'
import { dateOf, oneOf, wholeNumber, wordsOf } from './arguments.ts'
import { CHANGE_KINDS } from './change-options.ts'
import type { LetThroughOptions } from './let-through.ts'
import type { SourceOptions } from './sources.ts'
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

/** Pause and resume, observe and live: commands of `sources`. */
export function declareSourceModes(sources: Command): void {
  const named = (name: string, says: string): Command =>
    sources
      .command(name)
      .description(says)
      .argument('[name]', 'its name', 'default')
      .option('--site <name>', 'the site', 'default')
      .option('--json', 'print one JSON object')
      .addHelpText('after', `\nExample:\n  rollcall sources ${name} default`)

  named('pause', 'Keeps what the source sends from now on, and does not look at it.')
    .option('--until <date>', 'the last day of the pause', dateOf)
    .action(async (name: string, options: SourceOptions & { readonly until?: string }) =>
      (await import('./source-modes.ts')).runSourcesPause(name, options),
    )
  named(
    'resume',
    'Ends a pause: imports the newest full delivery that came meanwhile, and all that say only what changed, in order.',
  )
    .option('--dry-run', 'say what would be imported, and do nothing')
    .action(async (name: string, options: SourceOptions & { readonly dryRun?: boolean }) =>
      (await import('./source-modes.ts')).runSourcesResume(name, options),
    )
  named(
    'observe',
    'Plans and judges what the source sends from now on, and applies nothing of it.',
  ).action(async (name: string, options: SourceOptions) =>
    (await import('./source-modes.ts')).runSourcesObserve(name, options),
  )
  named(
    'live',
    'Ends observing: what the source sends is applied again; its next delivery is held for review.',
  ).action(async (name: string, options: SourceOptions) =>
    (await import('./source-modes.ts')).runSourcesLive(name, options),
  )
}
