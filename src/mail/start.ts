import type { Part } from '../part.ts'
import type { Database, Session } from '../store/connect.ts'
import { sitesWithEvents } from '../store/events.ts'
import { forgetSent, sitesWithSent } from '../store/outbox.ts'
import { sitesDueByClock } from '../store/told.ts'
import { supportOf } from './contacts.ts'
import { postDue, type Posted } from './post.ts'
import { type MailSettings, SENT_DAYS_KEPT } from './settings.ts'
import { tellSite, type Telling } from './tell.ts'
import { tellByClock } from './timed.ts'
import { isSetUp } from './transport.ts'
import { callDue, type CallSettings } from './webhook-post.ts'

export interface MailOptions {
  readonly database: Database
  readonly deliveriesFolder: string
  readonly settings: MailSettings
  readonly calls: CallSettings
  readonly now: () => Date
}

/** What one pass did. */
export interface MailPass {
  readonly told: number
  readonly mails: Posted
  readonly calls: { readonly sent: number; readonly failed: number }
}

/**
 * Everything that is due, once: events become mails and calls, the clock's mails are made, what waits is sent. Where no mail
 * server is set, mails wait, and calls go out. Of all sites, or of one.
 */
export async function mailPass(options: MailOptions, siteId?: number): Promise<MailPass> {
  const { database, settings, now } = options
  const telling: Telling = {
    database,
    deliveriesFolder: options.deliveriesFolder,
    from: settings.from,
    support: await supportOf(database),
    now,
  }
  const sitesOf = async (find: (session: Session) => Promise<number[]>): Promise<number[]> =>
    (await database.operator(find)).filter((site) => siteId === undefined || site === siteId)
  let told = 0
  for (const site of await sitesOf(sitesWithEvents)) told += await tellSite(telling, site)
  const at = now().toISOString()
  for (const site of await sitesOf((session) => sitesDueByClock(session, at))) {
    told += await tellByClock(telling, site)
  }
  const old = new Date(now().getTime() - SENT_DAYS_KEPT * 86_400_000).toISOString()
  for (const site of await sitesOf((session) => sitesWithSent(session, old))) {
    await database.site(site, (session) => forgetSent(session, site, old))
  }
  const mails = isSetUp(settings)
    ? await postDue({ database, settings, now }, siteId)
    : { sent: 0, failed: 0 }
  const calls = await callDue({ database, settings: options.calls, now }, siteId)
  return { told, mails, calls }
}

/** Seconds between two looks for what is to be told and sent. */
const EVERY_SECONDS = 5

/** Tells and sends until it is stopped. What one pass fails at is left to the next, and said to `onError`. */
export function startMail(
  options: MailOptions & { readonly onError: (error: unknown) => void },
): Promise<Part> {
  let isStopping = false
  let timer: NodeJS.Timeout | undefined
  let pass: Promise<void> = Promise.resolve()
  const look = (): void => {
    pass = mailPass(options)
      .then(() => {}, options.onError)
      .then(() => {
        if (!isStopping) timer = setTimeout(look, EVERY_SECONDS * 1000)
      })
  }
  look()
  return Promise.resolve({
    name: 'mail',
    async stop(graceMs) {
      isStopping = true
      clearTimeout(timer)
      let over: NodeJS.Timeout | undefined
      const grace = new Promise<void>((resolve) => (over = setTimeout(resolve, graceMs)))
      await Promise.race([pass, grace])
      clearTimeout(over)
    },
  })
}
