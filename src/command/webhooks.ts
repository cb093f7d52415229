import { randomBytes } from 'node:crypto'
import { RollcallError } from '../errors.ts'
import { checkedUrl, made, WEBHOOK_PURPOSE } from '../mail/webhook-post.ts'
import { sealing } from '../store/sealed.ts'
import { deleteWebhook, insertWebhook, listWebhooks, type Webhook } from '../store/webhooks.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface WebhookOptions {
  readonly site: string
  readonly json?: boolean
}

const SECRET_BYTES = 32
/** Webhooks of a site. */
const WEBHOOKS_MAX = 10

export async function runWebhooksList({ site: name, json }: WebhookOptions): Promise<void> {
  const webhooks = await withSite(name, ({ database, site }) =>
    database.site(site.id, (session) => listWebhooks(session, site.id)),
  )
  if (json === true) {
    printJson({ webhooks: webhooks.map(withoutSecret) })
    return
  }
  if (webhooks.length === 0) {
    printLines(['There are no webhooks.'])
    return
  }
  const columns = ['number', 'address', 'since'].map((heading) => ({ heading }))
  const rows = webhooks.map(({ id, url, createdAt }) => [`${id}`, url, timeText(createdAt)])
  printLines(tableLines(columns, rows, bold))
}

function withoutSecret({ secret: _, ...webhook }: Webhook): Omit<Webhook, 'secret'> {
  return webhook
}

/** Adds one; its secret is shown this once. */
export async function runWebhooksAdd(url: string, options: WebhookOptions): Promise<void> {
  const { href } = checkedUrl(url)
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const id = await withSite(options.site, ({ config, database, site }) => {
    const sealed = sealing(config).seal(secret, WEBHOOK_PURPOSE, site.id)
    return database.site(site.id, async (session) => {
      if ((await listWebhooks(session, site.id)).length >= WEBHOOKS_MAX) {
        throw new RollcallError('ERR_USAGE', `A site has at most ${WEBHOOKS_MAX} webhooks`)
      }
      const now = new Date().toISOString()
      return insertWebhook(session, site.id, { url: href, secret: sealed, now })
    })
  })
  if (options.json === true) printJson({ webhook: id, secret })
  else {
    printLines([
      `Webhook ${id} is added`,
      `Its secret, shown only now: ${secret}`,
      `To try it: rollcall webhooks test ${id}`,
    ])
  }
}

export async function runWebhooksRemove(id: number, options: WebhookOptions): Promise<void> {
  await withSite(options.site, ({ database, site }) =>
    database.site(site.id, async (session) => {
      if (!(await deleteWebhook(session, site.id, id))) throw notThere(id)
    }),
  )
  if (options.json === true) printJson({ removed: id })
  else printLines([`Webhook ${id} is removed`])
}

/** Calls it at once, past the queue. */
export async function runWebhooksTest(id: number, options: WebhookOptions): Promise<void> {
  const error = await withSite(options.site, async ({ config, database, site }) => {
    const webhooks = await database.site(site.id, (session) => listWebhooks(session, site.id))
    const webhook = webhooks.find((each) => each.id === id)
    if (webhook === undefined) throw notThere(id)
    const now = new Date()
    const { url, secret } = webhook
    const body = JSON.stringify({
      event: null,
      kind: 'test',
      at: now.toISOString(),
      site: site.name,
      source: null,
      run: null,
    })
    const settings = { sealing: sealing(config), mayCallPrivate: config.mayCallPrivate }
    return made({ id: 0, url, secret, body }, site.id, settings, now)
  })
  if (error !== undefined) {
    throw new RollcallError('ERR_WEBHOOK_REFUSED', `the webhook did not take the call: ${error}`, {
      hint: 'docs/status-mail.md says what is called and how.',
    })
  }
  if (options.json === true) printJson({ called: id })
  else printLines([`Webhook ${id} took the call`])
}

function notThere(id: number): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `There is no webhook ${id} at this site`, {
    hint: 'rollcall webhooks list shows them with their numbers.',
  })
}
