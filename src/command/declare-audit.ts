import { type Command, InvalidArgumentError } from 'commander'
import { dateOf, wholeNumber } from './arguments.ts'
import type { AuditListOptions, AuditOptions } from './audit.ts'
import type { AuditEraseOptions } from './audit-erase.ts'

/** `audit`. */
export function declareAudit(program: Command): void {
  const audit = program
    .command('audit')
    .summary('who did what')
    .description(
      'The log of everything that people and tokens have done. docs/access.md says what it proves.',
    )
    .addHelpText('after', '\nExample:\n  rollcall audit verify')
  withPlace(
    audit
      .command('list', { isDefault: true })
      .description('Lists what was done, the latest first.')
      .option(
        '--run <number>',
        'only what this run came from',
        wholeNumber(1, Number.MAX_SAFE_INTEGER),
      )
      .option('--action <words>', 'only this command, such as "sources set", or all of "sources"')
      .option('--actor <name>', 'only of this account, token or user of the machine')
      .option('--since <date>', 'only from this day on (UTC)', dateOf)
      .option('--limit <n>', 'list at most so many', wholeNumber(1, 100_000), 50)
      .option('--offset <n>', 'leave out so many first', wholeNumber(0, 1_000_000_000), 0),
  )
    .addHelpText('after', '\nExample:\n  rollcall audit list --action release --since 2026-08-01')
    .action(async (options: AuditListOptions) => (await import('./audit.ts')).runAuditList(options))
  withPlace(
    audit
      .command('verify')
      .description(
        'Verifies the whole log and says the first place where it is broken. Exit code 1 then. Keep the head that it prints\n' +
          'elsewhere: given with --expect later, it shows that nothing up to it was taken away.',
      )
      .option('--expect <hash>', 'a head that was noted', headOf),
  )
    .addHelpText('after', '\nExample:\n  rollcall audit verify --installation')
    .action(async (options: AuditOptions & { readonly expect?: string }) =>
      (await import('./audit.ts')).runAuditVerify(options),
    )
  audit
    .command('erase')
    .description(
      'Erases the name of a colleague who has left from the logs of the installation and of every site: who did it and what the\n' +
        'command was told go, that it was done stays. There is no way back.',
    )
    .argument('<name>', 'the name, exactly as it is in the log')
    .option('--dry-run', 'only count the entries')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall audit erase karin --dry-run')
    .action(async (name: string, options: AuditEraseOptions) =>
      (await import('./audit-erase.ts')).runAuditErase(name, options),
    )
}

function headOf(text: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase()
  throw new InvalidArgumentError('Give the 64 characters of a head that was noted.')
}

function withPlace(command: Command): Command {
  return command
    .option('--site <name>', 'the site', 'default')
    .option('--installation', 'the log of the installation: sites, accounts')
    .option('--json', 'print one JSON object')
}
