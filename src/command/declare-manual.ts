import type { Command } from 'commander'
import { GROUP_KINDS, type GroupKind } from '../roster/group.ts'
import { type Role, ROLES } from '../roster/membership.ts'
import { type Profile, PROFILES } from '../roster/person.ts'
import { dateOf, fieldValue, oneOf } from './arguments.ts'
import type { HandOptions } from './by-hand.ts'
import { byHand, withKind } from './declare-corrections.ts'
import { declarePurge } from './declare-retention.ts'
import type { AddOptions } from './manual.ts'

/** `add`, `remove`, `member`, `bin` and `archive`. */
export function declareManual(program: Command): void {
  const add = program
    .command('add')
    .summary('make a person, group or course by hand')
    .description('Makes what no source sends. No source touches it.')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall add person --profile staff --set name="Kari Vikar"',
    )
  fields(
    byHand(
      add
        .command('person')
        .description('Makes a person by hand; he is named by # and his number.')
        .option('--profile <profile>', PROFILES.join(', '), oneOf(PROFILES), 'guest'),
      'rollcall add person --profile staff --set name="Kari Vikar" --set username=kari',
    ),
  ).action(async (options: AddOptions & { readonly profile: Profile }) =>
    (await import('./manual.ts')).runAddPerson(options),
  )
  fields(
    byHand(
      add
        .command('group')
        .description('Makes a group by hand; it is named by # and its number.')
        .option('--kind <kind>', GROUP_KINDS.join(', '), oneOf(GROUP_KINDS), 'group')
        .option('--under <key>', 'the group that it hangs under; under the site unless said'),
      'rollcall add group --set title="Chess club" --under S-1',
    ),
  ).action(async ({ kind, ...options }: AddOptions & { readonly kind: GroupKind }) =>
    (await import('./manual.ts')).runAddGroup(kind, options),
  )
  fields(
    byHand(
      add
        .command('course')
        .description('Makes a course by hand, with its group.')
        .option('--under <key>', 'the group that it hangs under; under the site unless said'),
      'rollcall add course --set title="First aid" --under S-1',
    ),
  ).action(async (options: AddOptions) =>
    (await import('./manual.ts')).runAddGroup('course', options),
  )

  withKind(
    byHand(
      program
        .command('remove')
        .summary('remove a person or a manual group')
        .description(
          'Puts a person into the recycle bin, or takes a group away that was made by hand; its course is archived. What a\n' +
            'source sends is locked: --unlock puts a person into the bin all the same, until his source says something new of him.',
        )
        .argument('<key>', 'sync key, or # and the number')
        .option('--unlock', 'also a person whom a source sends'),
      'rollcall remove "#14" --dry-run',
    ),
  ).action(async (name: string, options: HandOptions) =>
    (await import('./manual.ts')).runRemove(name, options),
  )
  declareMembers(program)
  declarePutAway(program)
}

function fields(command: Command): Command {
  return command.requiredOption('--set <field=value>', 'set a field; repeatable', fieldValue)
}

function declareMembers(program: Command): void {
  const member = program
    .command('member')
    .summary('manual members of groups and courses')
    .description('Members by hand: no source touches them.')
    .addHelpText('after', '\nExample:\n  rollcall member add 9A P-100 --role assistant')
  byHand(
    member
      .command('add')
      .description('Makes a person a member of a group by hand, or gives him another role there.')
      .argument('<group>', 'sync key of the group, or # and the number')
      .argument('<person>', 'sync key of the person, or # and the number')
      .option('--role <role>', ROLES.join(', '), oneOf(ROLES), 'learner')
      .option('--begin <date>', 'the first day', dateOf)
      .option('--end <date>', 'the last day', dateOf),
    'rollcall member add 9A P-100 --role assistant',
  ).action(async (group: string, person: string, options: HandOptions & { readonly role: Role }) =>
    (await import('./manual.ts')).runMemberAdd(group, person, options),
  )
  byHand(
    member
      .command('remove')
      .description(
        'Ends a membership that was made by hand. --unlock also ends one that a source sends, until the list changes.',
      )
      .argument('<group>', 'sync key of the group, or # and the number')
      .argument('<person>', 'sync key of the person, or # and the number')
      .option('--unlock', 'also a membership that a source sends'),
    'rollcall member remove 9A P-100',
  ).action(async (group: string, person: string, options: HandOptions) =>
    (await import('./manual.ts')).runMemberRemove(group, person, options),
  )
}

function declarePutAway(program: Command): void {
  const bin = program
    .command('bin')
    .summary('the recycle bin')
    .description(
      'Brings persons back from the recycle bin, or erases them for good. rollcall roster bin lists it.',
    )
    .addHelpText('after', '\nExample:\n  rollcall bin restore P-100')
  byHand(
    bin
      .command('restore')
      .description(
        'Brings a person back whom no source sends: the same account, with the memberships that he had by hand.',
      )
      .argument('<key>', 'sync key, or # and the number'),
    'rollcall bin restore P-100',
  ).action(async (name: string, options: HandOptions) =>
    (await import('./manual.ts')).runBinRestore(name, options),
  )
  declarePurge(bin)
  const archive = program
    .command('archive')
    .summary('the archive of courses')
    .description('Opens archived courses. rollcall roster archive lists them.')
    .addHelpText('after', '\nExample:\n  rollcall archive reopen MAT-9A')
  byHand(
    archive
      .command('reopen')
      .description(
        'Opens an archived course again, with the members that it kept. No import does that.',
      )
      .argument('<key>', 'its key, of several the one archived last; or # and the number'),
    'rollcall archive reopen MAT-9A',
  ).action(async (name: string, options: HandOptions) =>
    (await import('./manual.ts')).runArchiveReopen(name, options),
  )
}
