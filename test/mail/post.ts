import { makeSite, type TestSite } from '../import/site.ts'
import type { Database } from '../../src/store/connect.ts'
import type { MailSettings } from '../../src/mail/settings.ts'
import { tellSite, type Telling } from '../../src/mail/tell.ts'
import { tellByClock } from '../../src/mail/timed.ts'
import { type Posted, postDue } from '../../src/mail/post.ts'
import { listMails, type StoredMail } from '../../src/store/outbox.ts'
import { insertRecipient, listRecipients, type Recipient } from '../../src/store/recipients.ts'

/** A site whose mails a test makes and sends, at the times that it says. */
export interface MailSite {
  readonly site: TestSite
  readonly at: { now: string }
  recipient(address: string, more?: Partial<Recipient>): Promise<number>
  recipients(): Promise<Recipient[]>
  tell(): Promise<number>
  byClock(): Promise<number>
  post(settings: MailSettings): Promise<Posted>
  /** All there are, the oldest first. */
  mails(): Promise<StoredMail[]>
  /** Those made since the last time that this was asked: to whom, and what. */
  newMails(): Promise<string[]>
}

export async function mailSite(
  database: Database,
  options: Parameters<typeof makeSite>[1] = {},
): Promise<MailSite> {
  const site = await makeSite(database, { rules: 'timeZone: Europe/Stockholm', ...options })
  const { siteId } = site
  // A Tuesday, after the imports of the tests, which all begin at one moment.
  const at = { now: '2026-09-01T03:00:00.000Z' }
  const now = (): Date => new Date(at.now)
  const telling: Telling = {
    database,
    deliveriesFolder: site.deliveriesFolder.replace(/\/[^/]+$/, ''),
    from: 'rollcall@kommun.example',
    support: [],
    now,
  }
  const mails = (): Promise<StoredMail[]> =>
    database
      .site(siteId, (session) => listMails(session, siteId, { open: false, limit: 1000 }))
      .then((rows) => rows.toReversed())
  let seen = 0
  return {
    site,
    at,
    async recipient(address, more = {}) {
      const recipient: Omit<
        Recipient,
        'id' | 'source' | 'createdAt' | 'bouncedAt' | 'bouncedBecause'
      > = {
        address,
        sourceId: null,
        name: '',
        language: 'en',
        what: 'every',
        started: 'never',
        deputy: false,
        ...more,
      }
      return (
        (await database.site(siteId, (session) =>
          insertRecipient(session, siteId, recipient, at.now),
        )) ?? 0
      )
    },
    recipients: () => database.site(siteId, (session) => listRecipients(session, siteId)),
    tell: () => tellSite(telling, siteId),
    byClock: () => tellByClock(telling, siteId),
    post: (settings) => postDue({ database, settings, now }, siteId),
    mails,
    async newMails() {
      const all = await mails()
      const fresh = all.filter(({ id }) => id > seen)
      seen = all.at(-1)?.id ?? seen
      return fresh
        .map(
          ({ address, kind, outcome }) =>
            `${address} ${kind}${outcome === null ? '' : ` ${outcome}`}`,
        )
        .toSorted()
    },
  }
}
