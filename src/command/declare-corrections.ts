import type { Command } from 'commander'
import { fieldValue, oneOf, onOff, wholeNumber } from './arguments.ts'
import type { HandOptions } from './by-hand.ts'
import type { EditOptions } from './corrections.ts'

const KINDS = ['person', 'group'] as const
export type RecordKindName = (typeof KINDS)[number]

/** `undo`, `rekey`, `merge`, `edit`, `drift` and `heal`. */
export function declareCorrections(program: Command): void {
  byHand(
    program
      .command('undo')
      .summary('undo a run')
      .description(
        'Undoes a run: an import, a release, or anything done by hand. Every change goes back whose record nothing has changed\n' +
          'since; the others are left and listed. An undo is a run of its own and can be undone.',
      )
      .argument('<run>', 'number of the run', wholeNumber(1, Number.MAX_SAFE_INTEGER))
      .option('--reason <text>', 'why, for whoever reads the history'),
    'rollcall undo 12 --dry-run',
  ).action(async (run: number, options: HandOptions) =>
    (await import('./corrections.ts')).runUndo(run, options),
  )

  withKind(
    byHand(
      program
        .command('rekey')
        .summary('give a record its new sync key')
        .description(
          'Gives persons or groups new sync keys before their source sends them: account, memberships and history stay.\n' +
            'A file of pairs is CSV with two columns, old and new; all of them are done in one run, or none.',
        )
        .argument('[old]', 'the key until now')
        .argument('[new]', 'the key from now on')
        .option('--pairs <file>', 'take the pairs from this CSV file'),
      'rollcall rekey 9A-MAT 9A-MAT-2026\n  rollcall rekey --pairs keys.csv --dry-run',
    ),
  ).action(
    async (
      old: string | undefined,
      next: string | undefined,
      options: HandOptions & { readonly pairs?: string },
    ) => (await import('./corrections.ts')).runRekey(old, next, options),
  )

  withKind(
    byHand(
      program
        .command('merge')
        .summary('join an account with the one made anew')
        .description(
          'Joins what was removed under an old key with what was added under a new one: login, manual memberships and archived\n' +
            'courses of the old account move to the new one; an archived course comes back in the place of the new one.',
        )
        .argument('<old>', 'key of the one in the recycle bin, or of the group that is gone')
        .argument('<new>', 'key of the one that stays'),
      'rollcall merge P-100 P-200 --dry-run',
    ),
  ).action(async (old: string, next: string, options: HandOptions) =>
    (await import('./corrections.ts')).runMerge(old, next, options),
  )

  withKind(
    byHand(
      program
        .command('edit')
        .summary('change fields by hand')
        .description(
          'Changes fields of a person or group. What a source sends is locked: --unlock changes it all the same, until the\n' +
            'source changes it; drift lists such edits and heal takes them back. #12 names a record without key by its number.',
        )
        .argument('<key>', 'sync key, or # and the number')
        .option('--set <field=value>', 'set a field; repeatable', fieldValue)
        .option('--clear <field...>', 'empty fields')
        .option('--protect <on|off>', 'mark the person’s identity as protected, at once', onOff)
        .option('--unlock', 'also what the source sends'),
      'rollcall edit P-100 --set phone="+47 22 22 22 22"',
    ),
  ).action(async (name: string, options: EditOptions) =>
    (await import('./corrections.ts')).runEdit(name, options),
  )

  program
    .command('drift')
    .summary('list hand edits of what sources send')
    .description('Lists what somebody changed here although a source sends it.')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall drift')
    .action(async (options: { readonly site: string; readonly json?: boolean }) =>
      (await import('./drift.ts')).runDrift(options),
    )

  withKind(
    byHand(
      program
        .command('heal')
        .summary('take hand edits back')
        .description('Makes a record, or all that drift lists, what its source sends.')
        .argument('[key]', 'sync key, or # and the number')
        .option('--all', 'everything that drift lists'),
      'rollcall heal --all --dry-run',
    ),
  ).action(async (name: string | undefined, options: HandOptions & { readonly all?: boolean }) =>
    (await import('./corrections.ts')).runHeal(name, options),
  )
}

/** Options of every command that changes a roster by hand. */
export function byHand(command: Command, example: string): Command {
  return command
    .option('--dry-run', 'show what it would do, change nothing')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nExample:\n  ${example}`)
}

export function withKind(command: Command): Command {
  return command.option(
    '--kind <person|group>',
    'which is meant, where both have the key',
    oneOf(KINDS),
  )
}
