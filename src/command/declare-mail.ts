import type { Command } from 'commander'
import { LANGUAGES } from '../mail/words.ts'
import { oneOf, onOff, wholeNumber } from './arguments.ts'
import type { MailListOptions, MailSendOptions, MailTestOptions } from './mail.ts'
import type { RecipientAddOptions, RecipientOptions, RecipientSetOptions } from './recipients.ts'
import type { WebhookOptions } from './webhooks.ts'

const number = wholeNumber(1, Number.MAX_SAFE_INTEGER)
const LANGUAGE = `language of the mails: ${LANGUAGES.join(', ')}`
const WHAT = ['every', 'failed', 'weekly'] as const
const STARTED = ['long', 'always', 'never'] as const

/** `recipients`, `mail` and `webhooks`. */
export function declareMail(program: Command): void {
  declareRecipients(
    program
      .command('recipients')
      .summary('who gets status mail')
      .description('Whoever is told by mail what became of a site’s imports.'),
  )
  declareMailCommands(
    program
      .command('mail')
      .summary('status mail: what waits, send, test')
      .description(
        'The queue of status mail. The service sends by itself; these are for cron and for looking.',
      ),
  )
  declareWebhooks(
    program
      .command('webhooks')
      .summary('tell other programs what happens')
      .description(
        'Other programs that are told, signed, of the same events as recipients of mail.',
      ),
  )
}

function declareRecipients(recipients: Command): void {
  recipients.addHelpText(
    'after',
    '\nExample:\n  rollcall recipients add it@kommun.example --language sv',
  )
  recipients
    .command('list', { isDefault: true })
    .description('Lists the recipients of a site.')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall recipients list')
    .action(async (options: RecipientOptions) =>
      (await import('./recipients.ts')).runRecipientsList(options),
    )
  withChanges(
    recipients
      .command('add')
      .description('Adds a recipient, who is told of every attempt unless said otherwise.')
      .argument('<address>', 'his address')
      .option(
        '--language <language>',
        `${LANGUAGE}; that of the site unless given`,
        oneOf(LANGUAGES),
      )
      .option('--source <name>', 'only of this source'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  rollcall recipients add principal@kommun.example --language fi --what failed',
    )
    .action(async (address: string, options: RecipientAddOptions) =>
      (await import('./recipients.ts')).runRecipientsAdd(address, options),
    )
  withChanges(
    recipients
      .command('set')
      .description('Changes a recipient. That mail came back from him is forgotten.')
      .argument('<number>', 'his number in the list', number)
      .option('--language <language>', LANGUAGE, oneOf(LANGUAGES)),
  )
    .addHelpText('after', '\nExample:\n  rollcall recipients set 3 --what weekly')
    .action(async (id: number, options: RecipientSetOptions) =>
      (await import('./recipients.ts')).runRecipientsSet(id, options),
    )
  recipients
    .command('remove')
    .description('Removes a recipient. Mails to him that wait are not sent.')
    .argument('<number>', 'his number in the list', number)
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall recipients remove 3')
    .action(async (id: number, options: RecipientOptions) =>
      (await import('./recipients.ts')).runRecipientsRemove(id, options),
    )
}

function withChanges(command: Command): Command {
  return command
    .option('--name <name>', 'his name')
    .option('--what <what>', `what he is told of: ${WHAT.join(', ')}`, oneOf(WHAT))
    .option('--started <when>', `mails about a start: ${STARTED.join(', ')}`, oneOf(STARTED))
    .option('--deputy <on|off>', 'only of holds, from the third mail about one on', onOff)
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
}

function declareMailCommands(mail: Command): void {
  mail.addHelpText('after', '\nExample:\n  rollcall mail test it@kommun.example')
  mail
    .command('list', { isDefault: true })
    .description('Lists the mails of a site that were not sent yet, with why.')
    .option('--site <name>', 'the site', 'default')
    .option('--all', 'those that were sent, too')
    .option('--limit <n>', 'at most so many, the newest', wholeNumber(1, 1000), 50)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall mail list --all')
    .action(async (options: MailListOptions) => (await import('./mail.ts')).runMailList(options))
  mail
    .command('send')
    .description('Tells what has happened and sends what is due, once, for all sites.')
    .option('--retry', 'those of a site that wait for their next attempt or were given up, too')
    .option('--site <name>', 'the site whose mails are tried again', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall mail send')
    .action(async (options: MailSendOptions) => (await import('./mail.ts')).runMailSend(options))
  mail
    .command('test')
    .description('Sends a mail at once, to see whether the settings are right.')
    .argument('<address>', 'where to')
    .option('--language <language>', LANGUAGE, oneOf(LANGUAGES), 'en')
    .option('--site <name>', 'the site that it names', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall mail test it@kommun.example --language sv')
    .action(async (address: string, options: MailTestOptions) =>
      (await import('./mail.ts')).runMailTest(address, options),
    )
  mail
    .command('bounce')
    .description(
      'Reads a delivery status notification from standard input and marks whom mail does not reach.',
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall mail bounce < notification.eml')
    .action(async (options: { readonly json?: boolean }) =>
      (await import('./mail.ts')).runMailBounce(options),
    )
}

function declareWebhooks(webhooks: Command): void {
  webhooks.addHelpText(
    'after',
    '\nExample:\n  rollcall webhooks add https://tickets.kommun.example/rollcall',
  )
  webhooks
    .command('list', { isDefault: true })
    .description('Lists the webhooks of a site.')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall webhooks list')
    .action(async (options: WebhookOptions) =>
      (await import('./webhooks.ts')).runWebhooksList(options),
    )
  webhooks
    .command('add')
    .description('Adds a webhook and shows its secret, once.')
    .argument('<url>', 'where to; https only, unless it is this machine')
    .option('--site <name>', 'the site', 'default')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  rollcall webhooks add https://tickets.kommun.example/rollcall',
    )
    .action(async (url: string, options: WebhookOptions) =>
      (await import('./webhooks.ts')).runWebhooksAdd(url, options),
    )
  const numbered = [
    ['remove', 'Removes a webhook. Calls that wait are not made.', 'runWebhooksRemove'],
    ['test', 'Calls a webhook at once.', 'runWebhooksTest'],
  ] as const
  for (const [name, description, run] of numbered) {
    webhooks
      .command(name)
      .description(description)
      .argument('<number>', 'its number in the list', number)
      .option('--site <name>', 'the site', 'default')
      .option('--json', 'print one JSON object')
      .addHelpText('after', `\nExample:\n  rollcall webhooks ${name} 1`)
      .action(async (id: number, options: WebhookOptions) =>
        (await import('./webhooks.ts'))[run](id, options),
      )
  }
}
