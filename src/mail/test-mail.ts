import type { Site } from '../store/sites.ts'
import { checkAddress } from './address.ts'
import { makeMessage } from './message.ts'
import type { MailSettings } from './settings.ts'
import { domainOf, openTransport, type Sent } from './transport.ts'
import type { Language } from './words.ts'

/**
 * Sends one mail at once, past the queue, and says how that went.
 * @throws RollcallError ERR_USAGE for an address that is none, ERR_MAIL_NOT_SET_UP
 */
export async function sendTestMail(
  settings: MailSettings,
  site: Site,
  { address, language }: { readonly address: string; readonly language: Language },
  now: Date,
): Promise<Sent> {
  checkAddress(address)
  const at = now.toISOString()
  const about = { is: 'test', site, timeZone: 'UTC', contacts: [], lost: [], at } as const
  const { subject, text, html } = makeMessage(about, language)
  const transport = openTransport(settings)
  const mail = {
    id: 0,
    recipientId: null,
    address,
    name: '',
    kind: 'test',
    runId: null,
    messageId: `<rollcall.test.${now.getTime()}@${domainOf(settings.from ?? '')}>`,
    threadId: null,
    status: null,
    outcome: null,
    subject,
    text,
    html,
    madeAt: at,
    attempts: 0,
    nextAt: at,
    sentAt: null,
    givenUpAt: null,
    error: null,
  }
  try {
    return await transport.send(mail, site.id)
  } finally {
    transport.close()
  }
}
