import type { StoredEvent } from '../store/events.ts'
import type { ToldRun } from '../store/told.ts'
import { insertCall, listWebhooks } from '../store/webhooks.ts'
import type { Gathering } from './gather.ts'
import { eventBody } from './webhook-body.ts'

/** Puts a call into the queue of each webhook of the site. Nothing where it has none. */
export async function callWebhooks(
  { session, siteId, site, now }: Gathering,
  event: StoredEvent,
  run: ToldRun | undefined,
): Promise<void> {
  const webhooks = await listWebhooks(session, siteId)
  if (webhooks.length === 0) return
  const source = site.sources.find(({ id }) => id === event.sourceId)
  const body = eventBody({ site: site.name, source: source?.name, event, run })
  for (const { id } of webhooks) {
    await insertCall(session, siteId, {
      webhookId: id,
      eventId: event.id,
      body,
      now: now.toISOString(),
    })
  }
}
