import { RollcallError } from '../errors.ts'
import { checkedUrl } from '../mail/webhook-post.ts'
import { addWebhook, removeWebhook, shownWebhooks, testWebhook } from '../mail/webhooks.ts'
import { callsOf } from './calls.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface WebhookOptions {
  readonly site: string
  readonly json?: boolean
}

export async function runWebhooksList({ site: name, json }: WebhookOptions): Promise<void> {
  const webhooks = await withSite(name, ({ database, site }) => shownWebhooks(database, site.id))
  if (json === true) {
    printJson({ webhooks })
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

/** Adds one; its secret is shown this once. */
export async function runWebhooksAdd(url: string, options: WebhookOptions): Promise<void> {
  const target = checkedUrl(url)
  const { id, secret } = await withSite(options.site, ({ config, database, site }) =>
    addWebhook(database, site.id, target, callsOf(config), new Date()),
  )
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
  await withSite(options.site, ({ database, site }) => removeWebhook(database, site.id, id))
  if (options.json === true) printJson({ removed: id })
  else printLines([`Webhook ${id} is removed`])
}

/** Calls it at once, past the queue. */
export async function runWebhooksTest(id: number, options: WebhookOptions): Promise<void> {
  const error = await withSite(options.site, ({ config, database, site }) =>
    testWebhook(database, site, id, callsOf(config), new Date()),
  )
  if (error !== undefined) {
    throw new RollcallError('ERR_WEBHOOK_REFUSED', `the webhook did not take the call: ${error}`, {
      hint: 'docs/status-mail.md says what is called and how.',
    })
  }
  if (options.json === true) printJson({ called: id })
  else printLines([`Webhook ${id} took the call`])
}
