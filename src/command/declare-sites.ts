import type { Command } from 'commander'
import { LANGUAGES } from '../mail/words.ts'
import { LIMIT_PRESET_NAMES } from '../change/limits.ts'
import { MODES } from '../change/waiting.ts'
import { WATCH_QUIET_SECONDS } from '../dropbox/limits.ts'
import { ADOPTED_BY } from '../roster/adoption.ts'
import {
  adoptedBy,
  assignment,
  dateOf,
  daysOf,
  daysOrOff,
  holidaysOf,
  oneOf,
  onOff,
  timeZoneOf,
  timeOrOff,
  timesOr,
  weekdaysOf,
  wholeNumber,
} from './arguments.ts'
import { declareSourceModes } from './declare-modes.ts'
import type { DemoCommandOptions } from './demo.ts'
import type { SiteOptions, SiteSetOptions } from './sites.ts'
import type { SourceOptions, SourceSetOptions } from './sources.ts'

/** `sites`, `sources`, `migrate` and `demo`. */
export function declareSites(program: Command): void {
  declareSiteCommands(
    program
      .command('sites')
      .summary('list, make and set sites')
      .description(
        'A site is one customer; everything belongs to one. There is a site "default" from the start.',
      ),
  )
  declareSourceCommands(
    program
      .command('sources')
      .summary('list, make and set sources')
      .description(
        'A source is one stream of deliveries with its rules and limits. Each site has a source "default" from the start.',
      ),
  )
  program
    .command('migrate')
    .summary('bring the database to this version')
    .description(
      'Brings the database to this version of the program. The embedded database does so by itself; a server needs\n' +
        'DATABASE_OWNER_URL for it.',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  DATABASE_OWNER_URL=postgresql://owner@db/rollcall rollcall migrate',
    )
    .action(async (options: { readonly json?: boolean }) => {
      const { runMigrate } = await import('./migrate.ts')
      await runMigrate(options)
    })
  declareDemo(
    program
      .command('demo')
      .summary('write made-up deliveries')
      .description('Made-up schools to try things on. No person in them exists.'),
  )
}

function declareSiteCommands(sites: Command): void {
  sites.addHelpText('after', '\nExample:\n  rollcall sites set default --archive-courses off')
  sites
    .command('list', { isDefault: true })
    .description('Lists the sites.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall sites list')
    .action(async (options: SiteOptions) => (await import('./sites.ts')).runSitesList(options))
  sites
    .command('create')
    .description('Makes a site with a source "default".')
    .argument('<name>', 'its name')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall sites create norrskolan')
    .action(async (name: string, options: SiteOptions) =>
      (await import('./sites.ts')).runSitesCreate(name, options),
    )
  sites
    .command('show')
    .description('Shows a site with its settings, limits and sources.')
    .argument('[name]', 'its name', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall sites show default')
    .action(async (name: string, options: SiteOptions) =>
      (await import('./sites.ts')).runSitesShow(name, options),
    )
  sites
    .command('set')
    .description('Sets what holds for a whole site.')
    .argument('[name]', 'its name', 'default')
    .option(
      '--archive-courses <on|off>',
      'archive a course whose group leaves; off leaves it open',
      onOff,
    )
    .option('--receive <on|off>', 'whether it takes deliveries (on)', onOff)
    .option('--register <on|off>', 'whether it keeps a register of its own (off)', onOff)
    .option('--portal <on|off>', 'whether people sign in here (off)', onOff)
    .option(
      '--language <language>',
      `of mails where nothing else is said: ${LANGUAGES.join(', ')}`,
      oneOf(LANGUAGES),
    )
    .option(
      '--time-zone <name>',
      'of what is about the site and no source: Europe/Oslo',
      timeZoneOf,
    )
    .option('--two-person-release <on|off>', 'whether a release needs two accounts (off)', onOff)
    .option('--keep-deliveries <days>', 'keep deliveries so long', daysOf)
    .option('--keep-journal <days>', 'keep changes, problems and ended memberships so long', daysOf)
    .option('--keep-bin <days|off>', 'erase persons after so long in the recycle bin', daysOrOff)
    .option(
      '--holidays <dates>',
      'days on which no delivery is expected: 2026-12-24..2027-01-06,2027-05-17; off for none',
      holidaysOf,
    )
    .option('--quarantine <days>', 'erase nobody who is in the recycle bin for less', daysOf)
    .option(
      '--preset <preset>',
      `the limits that sources start from: ${LIMIT_PRESET_NAMES.join(' or ')}`,
      oneOf(LIMIT_PRESET_NAMES),
    )
    .option('--limit <name=percent>', 'set the percentage of a limit; repeatable', assignment)
    .option('--floor <name=count>', 'set the floor of a limit; repeatable', assignment)
    .option('--default-limit <name...>', "set limits back to the preset's")
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall sites set default --preset adult-education --limit persons.removed=8',
    )
    .action(async (name: string, options: SiteSetOptions) =>
      (await import('./sites.ts')).runSitesSet(name, options),
    )
}

function declareSourceCommands(sources: Command): void {
  sources.addHelpText(
    'after',
    '\nExample:\n  rollcall sources set default --limit persons.removed=10',
  )
  sources
    .command('list', { isDefault: true })
    .description('Lists the sources of a site.')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall sources list')
    .action(async (options: SourceOptions) =>
      (await import('./sources.ts')).runSourcesList(options),
    )
  sources
    .command('create')
    .description('Makes a source.')
    .argument('<name>', 'its name')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall sources create adults')
    .action(async (name: string, options: SourceOptions) =>
      (await import('./sources.ts')).runSourcesCreate(name, options),
    )
  sources
    .command('show')
    .description(
      'Shows a source: its rules, and its limits with where they come from and the bounds they may be set within.',
    )
    .argument('[name]', 'its name', 'default')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall sources show default')
    .action(async (name: string, options: SourceOptions) =>
      (await import('./sources.ts')).runSourcesShow(name, options),
    )
  sources
    .command('set')
    .description(
      'Sets rules and limits of a source. Wrong rules are refused with the path of every wrong key, limits out of bounds\n' +
        'by name; nothing is changed then.',
    )
    .argument('[name]', 'its name', 'default')
    .option('--site <name>', 'the site', 'default')
    .option('--rules <file>', 'take the rules from this file')
    .option('--default-rules', 'go back to the built-in rules')
    .option('--limit <name=percent>', 'set the percentage of a limit; repeatable', assignment)
    .option('--floor <name=count>', 'set the floor of a limit; repeatable', assignment)
    .option('--default-limit <name...>', 'set limits back to what they start from')
    .option(
      '--preset <preset>',
      `start from ${LIMIT_PRESET_NAMES.join(' or ')}, or from the values of the site`,
      oneOf([...LIMIT_PRESET_NAMES, 'site'] as const),
    )
    .option('--mode <mode>', `what is applied at once: ${MODES.join(', ')}`, oneOf(MODES))
    .option('--until <date>', 'the last day on which the mode holds', dateOf)
    .option('--delay-staff <on|off>', 'whether removals of staff are delayed, too', onOff)
    .option(
      '--adopt <off|list>',
      `by what the first delivery recognises what was made by hand: ${ADOPTED_BY.join(',')}`,
      adoptedBy,
    )
    .option('--watch <folder>', 'take files from this folder of the machine')
    .option('--no-watch', 'take none any more')
    .option('--watch-names <pattern>', 'which names, with * and ?')
    .option(
      '--watch-quiet <seconds>',
      'complete when nothing changes for so long; 0 where files are renamed into place',
      wholeNumber(WATCH_QUIET_SECONDS.min, WATCH_QUIET_SECONDS.max),
    )
    .option(
      '--watch-flag <ending>',
      'complete when there is a file with this ending beside it; off',
    )
    .option('--archive <on|off>', 'archive courses whose group leaves, for the whole site', onOff)
    .option(
      '--schedule <when>',
      'when what comes is imported: on-arrival, by-hand, or times such as 02:30,14:00',
      timesOr(['on-arrival', 'by-hand']),
    )
    .option('--expect <time|off>', 'tell when no delivery has come by this time', timeOrOff)
    .option('--grace <minutes>', 'so long after that time (60)', wholeNumber(0, 1440))
    .option('--weekdays <days>', 'on these days only: mon-fri', weekdaysOf)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall sources set default --rules school.yaml --limit persons.removed=10 --floor persons.removed=8',
    )
    .action(async (name: string, options: SourceSetOptions) =>
      (await import('./sources.ts')).runSourcesSet(name, options),
    )
  declareSourceModes(sources)
}

function declareDemo(demo: Command): void {
  const many = wholeNumber(0, 100_000_000)
  demo.addHelpText('after', '\nExample:\n  rollcall demo generate night-1.xml --persons 1000')
  demo
    .command('generate')
    .description(
      'Writes a delivery of made-up schools: years, classes, courses, pupils, guardians, teachers and mentors. The same seed\n' +
        'gives the same bytes; --night gives the nights after, with movers, leavers and joiners.',
    )
    .argument('<file>', 'the file to write; it is replaced')
    .option('--seed <n>', 'the same seed and options give the same bytes', many, 1)
    .option('--persons <n>', 'persons of the first night, 20 or more', many, 200)
    .option('--night <n>', 'how many nights after the first', many, 0)
    .option('--datetime <time>', 'when it says it was written (default: one day a night)')
    .option('--schools <n>', 'schools', many)
    .option('--groups <n>', 'exact number of groups', many)
    .option('--members <n>', 'exact number of members', many)
    .option('--dangling <n>', 'members who are not in the file', many, 0)
    .option('--nameless <n>', 'pupils whose record has no name', many, 0)
    .option('--without-school <n>', 'leave out this school, counted from 1', many)
    .option(
      '--one-percent <a|b>',
      'nights as the benchmarks have them: a few lists (a) or all of them (b)',
    )
    .option('--numbers', 'give persons made-up national numbers')
    .option('--rich', 'write addresses, phones and time frames')
    .option('--style <style>', 'how it is written: plain, pifu, prefixed …', 'plain')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall demo generate night-1.xml --persons 1000\n  rollcall demo generate night-2.xml --persons 1000 --night 1',
    )
    .action(async (file: string, options: DemoCommandOptions) => {
      const { runDemo } = await import('./demo.ts')
      await runDemo(file, options)
    })
}
