import { randomBytes } from 'node:crypto'
import { RollcallError } from '../errors.ts'
import type { Database } from '../store/connect.ts'
import type { Site } from '../store/sites.ts'
import { deleteWebhook, insertWebhook, listWebhooks, type Webhook } from '../store/webhooks.ts'
import { type CallSettings, made, WEBHOOK_PURPOSE } from './webhook-post.ts'

const SECRET_BYTES = 32
/** Webhooks of a site. */
const WEBHOOKS_MAX = 10

/** As it is shown: its secret never is. */
export type ShownWebhook = Omit<Webhook, 'secret'>

/** Webhooks of a site. */
export async function shownWebhooks(database: Database, siteId: number): Promise<ShownWebhook[]> {
  const all = await database.site(siteId, (session) => listWebhooks(session, siteId))
  return all.map(({ secret: _, ...webhook }) => webhook)
}

/**
 * Adds a webhook at an address that was checked (webhook-post.ts); gives its secret, this once.
 * @throws RollcallError ERR_USAGE for one too many
 */
export async function addWebhook(
  database: Database,
  siteId: number,
  { href }: URL,
  { sealing }: CallSettings,
  now: Date,
): Promise<{ readonly id: number; readonly secret: string }> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const sealed = sealing.seal(secret, WEBHOOK_PURPOSE, siteId)
  const id = await database.site(siteId, async (session) => {
    if ((await listWebhooks(session, siteId)).length >= WEBHOOKS_MAX) {
      throw new RollcallError('ERR_USAGE', `A site has at most ${WEBHOOKS_MAX} webhooks`)
    }
    return insertWebhook(session, siteId, { url: href, secret: sealed, now: now.toISOString() })
  })
  return { id, secret }
}

/** Calls that wait are not made. @throws RollcallError ERR_NOT_FOUND */
export function removeWebhook(database: Database, siteId: number, id: number): Promise<void> {
  return database.site(siteId, async (session) => {
    if (!(await deleteWebhook(session, siteId, id))) throw notThere(id)
  })
}

/** Calls a webhook at once, past the queue; gives why it failed. @throws RollcallError ERR_NOT_FOUND */
export async function testWebhook(
  database: Database,
  site: Pick<Site, 'id' | 'name'>,
  id: number,
  settings: CallSettings,
  now: Date,
): Promise<string | undefined> {
  const webhooks = await database.site(site.id, (session) => listWebhooks(session, site.id))
  const webhook = webhooks.find((each) => each.id === id)
  if (webhook === undefined) throw notThere(id)
  const { url, secret } = webhook
  const body = JSON.stringify({
    event: null,
    kind: 'test',
    at: now.toISOString(),
    site: site.name,
    source: null,
    run: null,
  })
  return made({ id: 0, url, secret, body }, site.id, settings, now)
}

function notThere(id: number): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `There is no webhook ${id} at this site`, {
    hint: 'rollcall webhooks list shows them with their numbers.',
  })
}
