import type { Command } from 'commander'
import { GROUP_KINDS } from '../roster/group.ts'
import { PROFILES } from '../roster/person.ts'
import { dayOf, oneOf, wholeNumber } from './arguments.ts'
import type { ExplainOptions } from './explain.ts'
import type { ListName } from '../shown/roster.ts'
import type { RosterOptions } from './roster.ts'

const LISTS = [
  ['persons', 'persons who are there now', 'rollcall roster persons --school S-1 --profile staff'],
  [
    'groups',
    'groups: schools, classes, courses and others',
    'rollcall roster groups --kind school',
  ],
  ['courses', 'open courses', 'rollcall roster courses --search mathematics'],
  ['memberships', 'who is in which group', 'rollcall roster memberships --group G-1 --on today'],
  ['relations', 'guardians, next of kin and mentors', 'rollcall roster relations --person P-1'],
  ['bin', 'the recycle bin: persons who are no longer sent', 'rollcall roster bin --limit 10'],
  ['archive', 'courses whose group has left', 'rollcall roster archive'],
] as const

/** `roster` and `explain`: what there is, and how it came to be. */
export function declareRoster(program: Command): void {
  const roster = program
    .command('roster')
    .summary('list what a site holds')
    .description(
      'Lists what a site holds. Persons with protected identity are listed without name, school and groups, and found by\n' +
        'their whole key only.',
    )
    .addHelpText('after', '\nExample:\n  rollcall roster persons --search berg')
  for (const [name, says, example] of LISTS) declareList(roster, name, says, example)

  program
    .command('explain')
    .summary('show the history of a person, group or course')
    .description(
      'Shows what a person, group or course is now and how it came to be: each change with run, delivery, line and the\n' +
        'values before and after, memberships from when until when, and data that the roster has no field for.',
    )
    .argument('<key>', 'its sync key, or # and its number')
    .option('--site <name>', 'the site', 'default')
    .option('--limit <n>', 'list at most so many memberships', wholeNumber(0, 100_000), 50)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall explain P-1')
    .action(async (key: string, options: ExplainOptions) => {
      const { runExplain } = await import('./explain.ts')
      await runExplain(key, options)
    })
}

function declareList(roster: Command, name: ListName, says: string, example: string): void {
  const list = roster.command(name).summary(says).description(`Lists ${says}.`)
  const has = (...names: ListName[]): boolean => names.includes(name)
  if (!has('bin')) list.option('--school <key>', 'only at the school with this key')
  if (has('persons', 'memberships', 'relations', 'bin')) {
    list.option('--profile <profile>', `only ${PROFILES.join(', ')}`, oneOf(PROFILES))
  }
  if (has('groups', 'memberships')) {
    list.option(
      '--kind <kind>',
      `only groups that are ${GROUP_KINDS.join(', ')}`,
      oneOf(GROUP_KINDS),
    )
  }
  if (!has('bin')) list.option('--group <key>', 'only of the group with this key')
  list.option('--person <key>', 'only of the person with this key')
  if (has('memberships')) {
    list.option('--on <date>', 'only those active on this day: YYYY-MM-DD, or today', dayOf)
  }
  list
    .option('--search <text>', 'only where a name, title, username or key holds this text')
    .option('--limit <n>', 'list at most so many', wholeNumber(0, 1_000_000), 50)
    .option('--offset <n>', 'leave out so many first', wholeNumber(0, 1_000_000_000), 0)
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nExample:\n  ${example}`)
    .action(async (options: RosterOptions) => {
      const { runRoster } = await import('./roster.ts')
      await runRoster(name, options)
    })
}
