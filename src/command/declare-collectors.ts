import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { wholeNumber } from './arguments.ts'
import type {
  CollectorOptions,
  CollectorSetOptions,
  CollectorTestOptions,
  PresetOptions,
} from './collectors.ts'
import type { FetchOptions } from './fetch.ts'

/** `collectors` and `fetch`: deliveries of systems that do not push. */
export function declareCollectors(program: Command): void {
  const collectors = program
    .command('collectors')
    .summary('how deliveries are fetched from systems that do not send them')
    .description(
      'A source may have a collector, which fetches its deliveries: from an SFTP, FTP or web server, from an SS12000\n' +
        'interface, or by a program of a supplier on this host.',
    )
  collectors.addHelpText('after', '\nExample:\n  rollcall collectors set adults --preset alvis')
  collectors
    .command('list', { isDefault: true })
    .description('Lists the collectors of a site with how they fare.')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall collectors list')
    .action(async (options: CollectorOptions) =>
      (await import('./collectors.ts')).runCollectorsList(options),
    )
  collectors
    .command('presets')
    .description('Lists what is known of systems that deliveries are fetched from, or all of one.')
    .argument('[name]', 'one of them')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall collectors presets alvis')
    .action(async (name: string | undefined, options: PresetOptions) =>
      (await import('./collector-presets.ts')).runCollectorPresets(name, options),
    )
  declareSet(collectors)
  declareOthers(collectors)
  declareFetch(program)
}

function declareSet(collectors: Command): void {
  collectors
    .command('set')
    .description(
      'Sets the collector of a source, and says what is still missing. When it is to talk to another host or user than\n' +
        'before, the secrets that it had are forgotten.',
    )
    .argument('<source>', 'the source')
    .option('--preset <name>', 'begin with what is known of a system')
    .option('--kind <kind>', 'sftp, ftp, http, ss12000 or program')
    .option('--set <name=value>', 'a setting; repeatable', named)
    .option('--unset <name...>', 'settings that go back to normal')
    .option('--file <name=path>', 'a setting whose text is in a file; repeatable', named)
    .option('--secret <name=path>', 'a secret that is in a file, - for standard input', named)
    .option(
      '--at <times>',
      'clock times at which it runs by itself, in the time zone of the source',
      list,
    )
    .option('--every <minutes>', 'minutes between two runs', wholeNumber(1, 100_000))
    .option('--by-hand', 'it does not run by itself')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall collectors set adults --preset alvis --set host=sftp.example --set user=kommun --secret password=pw --at 02:30',
    )
    .action(async (source: string, options: CollectorSetOptions) =>
      (await import('./collectors.ts')).runCollectorsSet(source, options),
    )
}

function declareOthers(collectors: Command): void {
  collectors
    .command('show')
    .description(
      'Shows the collector of a source: settings, names of its secrets, what it fetched last.',
    )
    .argument('<source>', 'the source')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall collectors show adults')
    .action(async (source: string, options: CollectorOptions) =>
      (await import('./collectors.ts')).runCollectorsShow(source, options),
    )
  collectors
    .command('test')
    .description(
      'Says step by step what works: host, key or certificate, signing in, folder, files. Nothing is delivered.',
    )
    .argument('<source>', 'the source')
    .option('--trust-host-key', 'keep the key that the SSH host shows, where none is set yet')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall collectors test adults')
    .action(async (source: string, options: CollectorTestOptions) =>
      (await import('./collectors.ts')).runCollectorsTest(source, options),
    )
  collectors
    .command('remove')
    .description(
      'Removes the collector of a source, with its secrets. Deliveries that it fetched stay.',
    )
    .argument('<source>', 'the source')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall collectors remove adults')
    .action(async (source: string, options: CollectorOptions) =>
      (await import('./collectors.ts')).runCollectorsRemove(source, options),
    )
}

function declareFetch(program: Command): void {
  program
    .command('fetch')
    .summary('fetch what is new for a source, and import it')
    .description(
      'Runs the collector of a source once, and imports what it brings. Exit code 0 also where there is nothing new.',
    )
    .argument('<source>', 'the source')
    .option('--again', 'fetch also what was fetched before')
    .option('--only-fetch', 'leave the import to the service')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall fetch adults')
    .action(async (source: string, options: FetchOptions) =>
      (await import('./fetch.ts')).runFetch(source, options),
    )
}

function named(
  text: string,
  before: { readonly [name: string]: string } = {},
): { readonly [name: string]: string } {
  const match = /^(\w+)=(.*)$/s.exec(text)
  if (!match) throw new InvalidArgumentError('Give NAME=VALUE, such as host=sftp.example.')
  return { ...before, [match[1] as string]: match[2] as string }
}

function list(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim())
}
