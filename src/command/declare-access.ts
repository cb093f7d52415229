import type { Command } from 'commander'
import { SCOPES, SITE_ROLES } from '../access/actor.ts'
import type { AccountOptions, RoleOptions } from './accounts.ts'
import { dateOf, oneOf, wholeNumber, wordsOf } from './arguments.ts'
import type { TokenCreateOptions, TokenOptions } from './tokens.ts'

const ROLES = [...SITE_ROLES, 'operator'] as const

/** `accounts` and `tokens`. */
export function declareAccess(program: Command): void {
  declareAccounts(
    program
      .command('accounts')
      .summary('who may sign in, and what as')
      .description(
        'People who may sign in, with their roles. docs/access.md says what each role may.',
      ),
  )
  declareTokens(
    program
      .command('tokens')
      .summary('what machines show instead of a password')
      .description(
        'What other programs show to deliver, read or decide: of a site, or of one of its sources.',
      ),
  )
}

function declareAccounts(accounts: Command): void {
  const example = 'rollcall accounts create anna.berg --role releaser --site default'
  accounts.addHelpText('after', `\nExample:\n  ${example}`)
  accounts
    .command('list', { isDefault: true })
    .description('Lists the accounts with their roles.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall accounts list')
    .action(async (options: AccountOptions) =>
      (await import('./accounts.ts')).runAccountsList(options),
    )
  accounts
    .command('create')
    .description(
      'Makes an account. Its password is asked for on a terminal, else it is the first line of standard input.',
    )
    .argument('<name>', 'its name: letters, digits and . _ @ + -')
    .option('--role <role>', `what he is: ${ROLES.join(', ')}`, oneOf(ROLES))
    .option('--site <name>', 'where; an operator is one everywhere')
    .option('--no-password', 'give it none: nobody can sign in with one yet')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nExample:\n  ${example}`)
    .action(async (name: string, options: RoleOptions & { readonly password: boolean }) =>
      (await import('./accounts.ts')).runAccountsCreate(name, options),
    )
  accounts
    .command('role')
    .description('Gives an account a role at a site, in place of the one before.')
    .argument('<name>', 'its name')
    .requiredOption(
      '--role <role>',
      `${ROLES.join(', ')}, or none`,
      oneOf([...ROLES, 'none'] as const),
    )
    .option('--site <name>', 'where; an operator is one everywhere')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall accounts role anna.berg --role administrator --site default',
    )
    .action(async (name: string, options: RoleOptions) =>
      (await import('./accounts.ts')).runAccountsRole(name, options),
    )
  const named = [
    [
      'password',
      'Sets the password, which is asked for as by create, and unlocks.',
      'runAccountsPassword',
    ],
    ['disable', 'Lets nobody sign in with it any more. Its roles stay.', 'runAccountsDisable'],
    [
      'enable',
      'Lets its owner sign in again, after disable or too many wrong passwords.',
      'runAccountsEnable',
    ],
    ['remove', 'Removes the account with its roles.', 'runAccountsRemove'],
  ] as const
  for (const [name, description, run] of named) {
    accounts
      .command(name)
      .description(description)
      .argument('<name>', 'its name')
      .option('--json', 'print one JSON object')
      .addHelpText('after', `\nExample:\n  rollcall accounts ${name} anna.berg`)
      .action(async (account: string, options: AccountOptions) =>
        (await import('./accounts.ts'))[run](account, options),
      )
  }
}

function declareTokens(tokens: Command): void {
  tokens.addHelpText(
    'after',
    '\nExample:\n  rollcall tokens create nightly --scopes deliver --source default',
  )
  withPlace(
    tokens
      .command('list', { isDefault: true })
      .description('Lists the tokens of a site, without their text.'),
  )
    .addHelpText('after', '\nExample:\n  rollcall tokens list')
    .action(async (options: TokenOptions) => (await import('./tokens.ts')).runTokensList(options))
  withPlace(
    tokens
      .command('create')
      .description('Makes a token and shows it, once.')
      .argument('<name>', 'its name')
      .requiredOption('--scopes <list>', `what it may: ${SCOPES.join(', ')}`, wordsOf(SCOPES))
      .option('--source <name>', 'only for this source')
      .option('--expires <date>', 'the last day on which it can be used', dateOf),
  )
    .addHelpText(
      'after',
      '\nExample:\n  rollcall tokens create nightly --scopes deliver --source default',
    )
    .action(async (name: string, options: TokenCreateOptions) =>
      (await import('./tokens.ts')).runTokensCreate(name, options),
    )
  withPlace(
    tokens
      .command('revoke')
      .description('Lets nobody use a token any more.')
      .argument('<number>', 'its number in the list', wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  )
    .addHelpText('after', '\nExample:\n  rollcall tokens revoke 3')
    .action(async (id: number, options: TokenOptions) =>
      (await import('./tokens.ts')).runTokensRevoke(id, options),
    )
}

function withPlace(command: Command): Command {
  return command
    .option('--site <name>', 'the site', 'default')
    .option('--installation', 'of the installation, and so of all sites')
    .option('--json', 'print one JSON object')
}
