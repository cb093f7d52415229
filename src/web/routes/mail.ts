import { z } from 'zod'
import { mailPass } from '../../mail/start.ts'
import { sendTestMail } from '../../mail/test-mail.ts'
import { LANGUAGES } from '../../mail/words.ts'
import { listMails, retryMails } from '../../store/outbox.ts'
import { WEB_LIMITS } from '../limits.ts'
import { done, operation, type Operation } from '../operation.ts'
import { ANYTHING, cursorOf, cursorText, PAGE } from './shapes.ts'

const tag = 'mail'
const SENT = z.object({ sent: z.int(), failed: z.int() })

/** The queue of status mail. */
export const MAIL: readonly Operation[] = [
  operation({
    id: 'list_mails',
    method: 'get',
    path: '/mail',
    tag,
    scope: 'read',
    summary: 'Mails that were not sent yet, the latest first, with why',
    query: z.object({
      all: z.enum(['true', 'false']).default('false').meta({ description: 'Sent ones, too' }),
      ...PAGE.shape,
    }),
    answer: z.object({ rows: z.array(ANYTHING), next: z.string().optional() }),
    async run({ database, site }, { all, limit, after }) {
      const [before] = cursorOf(after)
      const of = { open: all === 'false', limit, ...(typeof before === 'number' ? { before } : {}) }
      const mails = await database.site(site.id, (session) => listMails(session, site.id, of))
      const last = mails.at(-1)
      const next = last !== undefined && mails.length === limit ? [last.id] : undefined
      const rows = mails.map(({ text: _1, html: _2, ...mail }) => mail)
      return done({ rows, ...cursorText(next) })
    },
  }),
  operation({
    id: 'send_mail',
    method: 'post',
    path: '/mail/send',
    tag,
    scope: 'administer',
    summary: 'Tell what has happened at the site, and send what is due, at once',
    body: z.object({
      retry: z
        .boolean()
        .default(false)
        .meta({ description: 'Also what waits for its next attempt, or was given up' }),
    }),
    answer: z.object({
      told: z.int(),
      mails: SENT.extend({ unreachable: z.string().optional() }),
      calls: SENT,
    }),
    async run({ database, site, deliveriesFolder, mail, calls, now }, { retry }) {
      if (retry) {
        const at = now().toISOString()
        await database.site(site.id, (session) => retryMails(session, site.id, at))
      }
      const pass = { database, deliveriesFolder, settings: mail, calls, now }
      return done(await mailPass(pass, site.id))
    },
  }),
  operation({
    id: 'test_mail',
    method: 'post',
    path: '/mail/test',
    tag,
    scope: 'administer',
    summary: 'Send a mail at once, to see whether the settings are right',
    perMinute: WEB_LIMITS.testsPerMinute,
    body: z.object({
      address: z.string().min(1).max(1_000),
      language: z.enum(LANGUAGES).default('en'),
    }),
    answer: z.object({
      sent: z.boolean(),
      error: z.string().optional().meta({ description: 'Why it was not: docs/status-mail.md' }),
    }),
    async run({ site, mail, now }, to) {
      const sent = await sendTestMail(mail, site, to, now())
      return done(sent.result === 'sent' ? { sent: true } : { sent: false, error: sent.code })
    },
  }),
]
