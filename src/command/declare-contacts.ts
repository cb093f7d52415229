import type { Command } from 'commander'
import { oneOf, wholeNumber } from './arguments.ts'
import type { ContactOptions, ContactSetOptions } from './contacts.ts'

const ROLES = ['supplier', 'it', 'owner', 'support'] as const

/** `contacts`. */
export function declareContacts(program: Command): void {
  const example =
    'rollcall contacts set supplier --source default --name "Helpdesk" --address help@supplier.example'
  const contacts = program
    .command('contacts')
    .summary('whom to ask')
    .description(
      'Whom to ask about a source: its supplier, your own IT, the owner of the system; and support for the installation.\n' +
        'Mails name them.',
    )
    .addHelpText('after', `\nExample:\n  ${example}`)
  withPlace(
    contacts
      .command('list', { isDefault: true })
      .description('Lists the contacts of a site and its sources.'),
  )
    .addHelpText('after', '\nExample:\n  rollcall contacts list')
    .action(async (options: ContactOptions) =>
      (await import('./contacts.ts')).runContactsList(options),
    )
  withPlace(
    contacts
      .command('set')
      .description('Sets who a contact is, in place of the one before.')
      .argument('<role>', `what he is: ${ROLES.join(', ')}`, oneOf(ROLES))
      .requiredOption('--name <name>', 'his name, or that of a desk')
      .option('--address <address>', 'his e-mail')
      .option('--phone <number>', 'his number')
      .option('--note <text>', 'when to reach him, what to say')
      .option('--source <name>', 'only of this source'),
  )
    .addHelpText('after', `\nExample:\n  ${example}`)
    .action(async (role: (typeof ROLES)[number], options: ContactSetOptions) =>
      (await import('./contacts.ts')).runContactsSet(role, options),
    )
  withPlace(
    contacts
      .command('remove')
      .description('Removes a contact.')
      .argument('<number>', 'his number in the list', wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  )
    .addHelpText('after', '\nExample:\n  rollcall contacts remove 3')
    .action(async (id: number, options: ContactOptions) =>
      (await import('./contacts.ts')).runContactsRemove(id, options),
    )
}

function withPlace(command: Command): Command {
  return command
    .option('--site <name>', 'the site', 'default')
    .option('--installation', 'of the installation: its support')
    .option('--json', 'print one JSON object')
}
