import { z } from 'zod'
import { checkedFromElsewhere } from '../../mail/webhook-post.ts'
import { addWebhook, removeWebhook, shownWebhooks, testWebhook } from '../../mail/webhooks.ts'
import { WEB_LIMITS } from '../limits.ts'
import { done, doneOnce, operation, type Operation } from '../operation.ts'
import { ANYTHING, NUMBER } from './shapes.ts'

const WEBHOOK = z.object({ webhook: NUMBER })
const shared = { tag: 'webhooks', scope: 'administer' } as const

/** Other programs that are told. Their addresses may hold a secret of theirs: to see them takes as much as to set them. */
export const WEBHOOKS: readonly Operation[] = [
  operation({
    ...shared,
    id: 'list_webhooks',
    method: 'get',
    path: '/webhooks',
    summary: 'Webhooks of the site',
    answer: z.object({ webhooks: z.array(ANYTHING) }),
    async run({ database, site }) {
      return done({ webhooks: await shownWebhooks(database, site.id) })
    },
  }),
  operation({
    ...shared,
    id: 'add_webhook',
    method: 'post',
    path: '/webhooks',
    summary: 'Add a webhook; its secret is shown this once',
    body: z.object({
      url: z
        .string()
        .min(1)
        .max(10_000)
        .meta({ description: 'https: to an address of the internet' }),
    }),
    answer: z.object({ webhook: z.int(), secret: z.string().optional() }),
    async run({ database, site, calls, now }, { url }) {
      const target = checkedFromElsewhere(url, calls)
      const { id, secret } = await addWebhook(database, site.id, target, calls, now())
      return doneOnce({ webhook: id, secret }, { webhook: id })
    },
  }),
  operation({
    ...shared,
    id: 'remove_webhook',
    method: 'delete',
    path: '/webhooks/{webhook}',
    summary: 'Remove a webhook; calls that wait are not made',
    params: WEBHOOK,
    answer: z.object({ removed: z.int() }),
    async run({ database, site }, { webhook }) {
      await removeWebhook(database, site.id, webhook)
      return done({ removed: webhook })
    },
  }),
  operation({
    ...shared,
    id: 'test_webhook',
    method: 'post',
    path: '/webhooks/{webhook}/test',
    summary: 'Call a webhook at once',
    perMinute: WEB_LIMITS.testsPerMinute,
    params: WEBHOOK,
    answer: z.object({
      webhook: z.int(),
      taken: z.boolean(),
      error: z.string().optional().meta({ description: 'Why it was not: docs/status-mail.md' }),
    }),
    async run({ database, site, calls, now }, { webhook }) {
      const error = await testWebhook(database, site, webhook, calls, now())
      return done({
        webhook,
        taken: error === undefined,
        ...(error === undefined ? {} : { error }),
      })
    },
  }),
]
