import type { Database, Session } from '../store/connect.ts'
import type { StoredContact } from '../store/contacts.ts'
import { markTold, type StoredEvent, untoldEvents } from '../store/events.ts'
import { insertMail } from '../store/outbox.ts'
import { listRecipients, type Recipient } from '../store/recipients.ts'
import {
  countEpisodeMail,
  lastDeliveryType,
  markOf,
  mayTell,
  runToTell,
  siteToTell,
  wasToldSince,
} from '../store/told.ts'
import { type Occasion, wants } from './audience.ts'
import { isWorkingDay, morningAfter } from './calendar.ts'
import { contactsOf } from './contacts.ts'
import { momentOf } from './formats.ts'
import { aboutOf, gatherOther, gatherRun, type Gathering, zoneOf } from './gather.ts'
import type { Finished, Matter } from './matter.ts'
import { makeMessage, type Message } from './message.ts'
import { EVENTS_OF_A_PASS_MAX, STARTED_AFTER_SECONDS, SUMMARY_HOURS } from './settings.ts'
import { domainOf } from './transport.ts'
import type { Language } from './words.ts'
import { callWebhooks } from './webhook-calls.ts'

/** What telling needs to know. */
export interface Telling {
  readonly database: Database
  readonly deliveriesFolder: string
  /** Address that mails come from: its domain is that of message ids. */
  readonly from: string | undefined
  /** The installation's own contacts. */
  readonly support: readonly StoredContact[]
  readonly now: () => Date
}

/** Everything that making the mails of one site needs, within one transaction. */
export interface Desk extends Gathering {
  readonly recipients: readonly Recipient[]
  readonly domain: string
}

/** Opens a site for making mails; undefined where another process does so at the moment. */
export async function openDesk(
  session: Session,
  siteId: number,
  { deliveriesFolder, from, support, now }: Telling,
): Promise<Desk | undefined> {
  if (!(await mayTell(session, siteId))) return undefined
  const site = await siteToTell(session, siteId)
  if (site === undefined) return undefined
  const recipients = await listRecipients(session, siteId)
  const lost = recipients.flatMap(({ bouncedAt, address }) => (bouncedAt === null ? [] : [address]))
  return {
    session,
    siteId,
    site,
    recipients,
    contacts: await contactsOf(session, siteId, support),
    lost: [...new Set(lost)],
    deliveriesFolder,
    domain: from === undefined ? 'localhost' : domainOf(from),
    now: now(),
  }
}

/**
 * Turns what has happened at a site and was not told yet into one mail for each recipient and one call for each webhook, in
 * the transaction that marks it as told. Gives how many events were told.
 */
export function tellSite(telling: Telling, siteId: number): Promise<number> {
  return telling.database.site(siteId, async (session) => {
    const desk = await openDesk(session, siteId, telling)
    if (desk === undefined) return 0
    const events = await untoldEvents(session, siteId, EVENTS_OF_A_PASS_MAX)
    const told: number[] = []
    for (const event of events) {
      if (await tell(desk, event)) told.push(event.id)
    }
    await markTold(session, siteId, told, desk.now.toISOString())
    return told.length
  })
}

/** Gives whether the event is done with. */
async function tell(desk: Desk, event: StoredEvent): Promise<boolean> {
  const source = desk.site.sources.find(({ id }) => id === event.sourceId)
  if (event.kind === 'started') {
    const isOver = await tellStarted(desk, event)
    if (isOver) await callWebhooks(desk, event, undefined)
    return isOver
  }
  if (event.runId === null) {
    await callWebhooks(desk, event, undefined)
    const matter = gatherOther(desk, event, source)
    if (matter !== undefined) {
      await write(
        desk,
        matter,
        { sourceId: event.sourceId, at: event.at },
        { key: `event${event.id}` },
      )
    }
    return true
  }
  const gathered = await gatherRun(desk, event, source)
  await callWebhooks(desk, event, gathered?.run)
  if (gathered === undefined) return true
  const { matter, run } = gathered
  const about = { key: `event${event.id}`, runId: event.runId }
  if (matter.is === 'hand') {
    if (TOLD_BY_HAND.has(run.kind))
      await write(desk, matter, { sourceId: null, at: event.at }, about)
    return true
  }
  if (matter.is !== 'finished' || event.kind === 'superseded') return true
  if (await isLeftToSummary(desk, event, matter)) return true
  const { episode } = run
  const isHold = matter.outcome === 'held' && episode !== null && event.sourceId !== null
  const told = isHold
    ? await countEpisodeMail(desk.session, desk.siteId, {
        episode,
        sourceId: event.sourceId,
        remindAt: morningAfter(zoneOf(source), desk.now, isWorkingDay).toISOString(),
      })
    : undefined
  await write(
    desk,
    matter,
    { sourceId: event.sourceId, at: event.at, ...(told === undefined ? {} : { told }) },
    { ...about, ...(episode === null ? {} : { episode }) },
  )
  return true
}

/** Runs by hand that everybody is told of; an edit or a member more is in the history. */
const TOLD_BY_HAND: ReadonlySet<string> = new Set(['undo', 'rekey', 'merge', 'purge'])

/**
 * An import that has begun is told once it has taken a minute, or to those who want to know of each. One that ended before
 * that is told by its end. Sources of small deliveries tell of none.
 */
async function tellStarted(desk: Desk, event: StoredEvent): Promise<boolean> {
  const { session, siteId, now, site } = desk
  const run = event.runId === null ? undefined : await runToTell(session, siteId, event.runId)
  if (run === undefined || event.runId === null || event.sourceId === null) return true
  const seconds = (now.getTime() - momentOf(run.startedAt).getTime()) / 1000
  const isLong = run.state === 'running' && seconds >= STARTED_AFTER_SECONDS
  if (run.state === 'running' && !isLong) return false
  const type = await lastDeliveryType(session, siteId, event.sourceId)
  if (type !== undefined && type !== 'full') return true
  const source = site.sources.find(({ id }) => id === event.sourceId)
  const matter: Matter = {
    is: 'started',
    ...aboutOf(desk, source),
    run: event.runId,
    startedAt: run.startedAt,
  }
  const about = { key: `event${event.id}`, runId: event.runId }
  await write(desk, matter, { sourceId: event.sourceId, isLong, at: event.at }, about)
  return true
}

/** What needs somebody is told at once, of a source of small deliveries too; but only once a day where it is the same. */
async function isLeftToSummary(
  { session, siteId, now }: Desk,
  { kind, sourceId }: StoredEvent,
  { report, startedAt, finishedAt = startedAt }: Finished,
): Promise<boolean> {
  if (sourceId === null) return false
  const type = report?.delivery.type ?? (await lastDeliveryType(session, siteId, sourceId))
  if (type === undefined || type === 'full') return false
  // The 24 hours begin just before the first delivery that they are to hold.
  const from = new Date(momentOf(finishedAt).getTime() - 1).toISOString()
  await markOf(session, siteId, { what: 'daily', id: sourceId, at: from })
  if (['held', 'released', 'rejected'].includes(kind)) return false
  const kinds = ['refused', 'failed']
  if (!kinds.includes(kind)) return true
  const since = new Date(now.getTime() - SUMMARY_HOURS * 3_600_000).toISOString()
  return wasToldSince(session, siteId, { sourceId, kinds, since })
}

/** What a mail belongs to, beside what it says. */
interface Belongs {
  /** The same for the same mail, whenever it is made. */
  readonly key: string
  readonly runId?: number
  readonly episode?: number
}

/** One mail for each recipient who wants it, each rendered once a language. Gives how many. */
export async function write(
  { session, siteId, recipients, domain, now }: Desk,
  matter: Matter,
  occasion: Occasion,
  { key, runId, episode }: Belongs,
): Promise<number> {
  const messages = new Map<Language, Message>()
  const chosen = recipients.filter((recipient) => wants(recipient, matter, occasion))
  // An address may be a recipient of the site and of a source: it is told once.
  const once = new Map(chosen.map((recipient) => [recipient.address.toLowerCase(), recipient]))
  for (const { id, address, name, language } of once.values()) {
    const message = messages.get(language) ?? makeMessage(matter, language)
    messages.set(language, message)
    const { subject, status, text, html } = message
    await insertMail(session, siteId, {
      recipientId: id,
      address,
      name,
      kind: matter.is,
      runId: runId ?? null,
      messageId: `<rollcall.${siteId}.${key}.${id}@${domain}>`,
      threadId:
        episode === undefined ? null : `<rollcall.${siteId}.episode${episode}.${id}@${domain}>`,
      status: status ?? null,
      outcome: matter.is === 'finished' ? matter.outcome : null,
      subject,
      text,
      html,
      madeAt: now.toISOString(),
    })
  }
  return once.size
}
