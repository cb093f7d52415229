import { type Command, InvalidArgumentError } from 'commander'
import { COMPLETE_WHEN } from '../store/drop-boxes.ts'
import { oneOf, wholeNumber } from './arguments.ts'
import type {
  AccountAddOptions,
  AccountOptions,
  AccountSetOptions,
  DropBoxShowOptions,
} from './dropbox.ts'

const JSON_OPTION = ['--json', 'print one JSON object'] as const

/** `dropbox`. */
export function declareDropBox(program: Command): void {
  const dropBox = program
    .command('dropbox')
    .summary('where senders upload by SFTP: accounts, host keys')
    .description('The drop box takes deliveries by SFTP. Each source may have one account in it.')
  dropBox.addHelpText(
    'after',
    '\nExample:\n  rollcall dropbox accounts add norrskolan-sis --site norrskolan',
  )
  dropBox
    .command('show', { isDefault: true })
    .description('Shows where the drop box listens and the fingerprints that senders compare.')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  rollcall dropbox show')
    .action(async (options: DropBoxShowOptions) =>
      (await import('./dropbox.ts')).runDropBoxShow(options),
    )
  dropBox
    .command('import-key')
    .description(
      'Takes over the host key of the server that was there before, so that senders notice nothing. It takes the place of the\n' +
        'key of its kind when the service starts the next time.',
    )
    .argument('<file>', 'a private key without a passphrase')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  rollcall dropbox import-key /etc/ssh/ssh_host_ed25519_key')
    .action(async (file: string, options: DropBoxShowOptions) =>
      (await import('./dropbox.ts')).runDropBoxImportKey(file, options),
    )
  declareAccounts(
    dropBox
      .command('accounts')
      .summary('who may upload')
      .description(
        'The accounts that senders sign in with. A user name is one in the whole installation.',
      ),
  )
}

function declareAccounts(accounts: Command): void {
  accounts.addHelpText('after', '\nExample:\n  rollcall dropbox accounts list')
  accounts
    .command('list', { isDefault: true })
    .description('Lists the accounts of all sites.')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  rollcall dropbox accounts list')
    .action(async (options: AccountOptions) =>
      (await import('./dropbox.ts')).runAccountsList(options),
    )
  accounts
    .command('show')
    .description('Shows an account, its keys, and what lies in its box.')
    .argument('<user>', 'its user name')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  rollcall dropbox accounts show norrskolan-sis')
    .action(async (userName: string, options: AccountOptions) =>
      (await import('./dropbox.ts')).runAccountsShow(userName, options),
    )
  withSettings(
    accounts
      .command('add')
      .description('Makes the account of a source. Its password is made here and shown once.')
      .argument('<user>', 'the user name: small letters, digits, dots, dashes, underscores')
      .option('--site <name>', 'the site', 'default')
      .option('--source <name>', 'the source', 'default')
      .option('--key <file...>', 'public keys of the sender; then there is no password')
      .option('--with-password', 'a password beside the keys'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  rollcall dropbox accounts add norrskolan-sis --site norrskolan --key sender.pub',
    )
    .action(async (userName: string, options: AccountAddOptions) =>
      (await import('./dropbox.ts')).runAccountsAdd(userName, options),
    )
  withSettings(
    accounts
      .command('set')
      .description('Changes an account.')
      .argument('<user>', 'its user name')
      .option('--new-password', 'make a new password and show it, once')
      .option('--no-password', 'take its password away')
      .option('--key <file...>', 'further public keys')
      .option('--remove-key <fingerprint...>', 'keys to take away, as show lists them'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  rollcall dropbox accounts set norrskolan-sis --new-password',
    )
    .action(async (userName: string, options: AccountSetOptions) =>
      (await import('./dropbox.ts')).runAccountsSet(userName, options),
    )
  for (const [name, description, run] of [
    [
      'remove',
      'Removes an account with what lies in its box; deliveries stay.',
      'runAccountsRemove',
    ],
    ['lock', 'Locks an account: nobody signs in, and what is open ends.', 'runAccountsLock'],
    ['unlock', 'Unlocks an account, whatever locked it.', 'runAccountsUnlock'],
  ] as const) {
    accounts
      .command(name)
      .description(description)
      .argument('<user>', 'its user name')
      .option(...JSON_OPTION)
      .addHelpText('after', `\nExample:\n  rollcall dropbox accounts ${name} norrskolan-sis`)
      .action(async (userName: string, options: AccountOptions) =>
        (await import('./dropbox.ts'))[run](userName, options),
      )
  }
}

function withSettings(command: Command): Command {
  return command
    .option(
      '--complete <when>',
      `when an upload is a delivery: ${COMPLETE_WHEN.join(', ')}`,
      oneOf(COMPLETE_WHEN),
    )
    .option('--quiet <seconds>', 'of quiet: how long nobody touches it', wholeNumber(5, 86_400))
    .option('--names <pattern>', 'which names are deliveries, with * and ?')
    .option(
      '--quota <bytes>',
      'bytes in the box and within 24 hours; K, M or G may follow',
      bytesOf,
    )
    .option(
      '--from <networks...>',
      'from where the sender may come; any lets him come from anywhere',
    )
    .option(...JSON_OPTION)
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

function bytesOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([KMG]?)$/.exec(text) ?? []
  const value = Number(digits) * (UNITS[unit] ?? 1)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Give a whole number of bytes, such as 500M.')
}
