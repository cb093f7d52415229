import type { Database } from '../store/connect.ts'
import { mailById } from '../store/outbox.ts'
import { listRecipients } from '../store/recipients.ts'
import { bouncesIn, ownMessageIds } from './bounce.ts'

/** A recipient whom mail does not reach, as a notification says. */
export interface Bounced {
  readonly siteId: number
  readonly address: string
  /** His numbers: he may be a recipient of several sources. */
  readonly recipients: readonly number[]
  readonly because: string
}

/** Whom a notification is about: recipients of the mails of ours that it quotes, who are not marked yet. */
export async function bouncedBy(database: Database, message: string): Promise<Bounced[]> {
  const sites = new Set<number>()
  const sentTo = new Set<string>()
  for (const id of ownMessageIds(message)) {
    const mail = await database.operator((session) => mailById(session, id))
    if (mail === undefined) continue
    sites.add(mail.siteId)
    sentTo.add(mail.address.toLowerCase())
  }
  const bounced: Bounced[] = []
  for (const { address, status: because } of bouncesIn(message)) {
    for (const siteId of sites) {
      const known = await database.site(siteId, (session) => listRecipients(session, siteId))
      const only = known.filter((each) => sentTo.has(each.address.toLowerCase()))
      const to = only.find((each) => each.address.toLowerCase() === address.toLowerCase())
      // Forwarded elsewhere, and refused there: it is our recipient's address all the same.
      const meant = to ?? (only.length === 1 ? only[0] : undefined)
      const same = only.filter(
        (each) => each.address.toLowerCase() === meant?.address.toLowerCase(),
      )
      const fresh = same.filter(({ bouncedAt }) => bouncedAt === null).map(({ id }) => id)
      if (meant === undefined || fresh.length === 0) continue
      bounced.push({ siteId, address: meant.address, recipients: fresh, because })
    }
  }
  return bounced
}
