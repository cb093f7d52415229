import {
  dropMark,
  markOf,
  marks,
  episodesToRemind,
  runsBetween,
  setMark,
  countEpisodeMail,
} from '../store/told.ts'
import { daysBetween, isWorkingDay, localTime, morningAfter } from './calendar.ts'
import { digestOf } from './digest.ts'
import { momentOf } from './formats.ts'
import { aboutOf, gatherRun, zoneOf, zoneOfSite } from './gather.ts'
import type { Matter } from './matter.ts'
import { REMINDER_HOUR, REVIEW_DAYS, SUMMARY_HOURS } from './settings.ts'
import { type Desk, openDesk, type Telling, write } from './tell.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Makes the mails of a site that are due by the clock: reminders, summaries, the yearly question. Gives how many. */
export function tellByClock(telling: Telling, siteId: number): Promise<number> {
  return telling.database.site(siteId, async (session) => {
    const desk = await openDesk(session, siteId, telling)
    if (desk === undefined || desk.recipients.length === 0) return 0
    const made = [await remind(desk), await summarise(desk), await weekly(desk), await review(desk)]
    return made.reduce((sum, n) => sum + n, 0)
  })
}

/** Of each plan that waits, once a working day, unless that day has had a mail about it. */
async function remind(desk: Desk): Promise<number> {
  const { session, siteId, site, now } = desk
  let made = 0
  for (const { episode, runId, sourceId } of await episodesToRemind(
    session,
    siteId,
    now.toISOString(),
  )) {
    const source = site.sources.find(({ id }) => id === sourceId)
    const zone = zoneOf(source)
    const today = localTime(zone, now)
    // The service may not have run when it was due: then it waits for the next working hours.
    const isHoliday = site.settings.holidays?.includes(today.day) === true
    const isTime = isWorkingDay(today.weekday) && !isHoliday && today.hour >= REMINDER_HOUR
    const gathered = isTime ? await gatherRun(desk, { kind: 'held', runId }, source) : undefined
    if (gathered?.matter.is !== 'finished') continue
    const { matter } = gathered
    const since = momentOf(matter.episode?.since ?? matter.startedAt)
    const days = Math.max(1, daysBetween(localTime(zone, since).day, today.day))
    const remindAt = morningAfter(zone, now, isWorkingDay).toISOString()
    const told = await countEpisodeMail(session, siteId, { episode, sourceId, remindAt })
    const about = { key: `reminder.${episode}.${today.day}`, runId, episode }
    // What is new was said when it was new.
    const { before: _, ...of } = matter.episode ?? { holds: 1, since: matter.startedAt }
    const reminder: Matter = { ...matter, is: 'reminder', days, episode: of }
    made += await write(desk, reminder, { sourceId, told }, about)
  }
  return made
}

/** One mail for 24 hours of small deliveries, counted from the first of them; the next 24 begin with the next. */
async function summarise(desk: Desk): Promise<number> {
  const { session, siteId, site, now } = desk
  let made = 0
  for (const { id, at } of await marks(session, siteId, 'daily')) {
    const from = momentOf(at).toISOString()
    const to = new Date(momentOf(at).getTime() + SUMMARY_HOURS * HOUR_MS).toISOString()
    if (now.toISOString() < to) continue
    const later = await runsBetween(session, siteId, {
      sourceId: id,
      from: to,
      to: now.toISOString(),
      withFull: false,
    })
    if (later.length === 0) await dropMark(session, siteId, 'daily', id)
    else await setMark(session, siteId, { what: 'daily', id, at: to })
    const source = site.sources.find((each) => each.id === id)
    if (source === undefined) continue
    const digest = await digestOf(session, siteId, source, { from, to, withFull: false })
    if (Object.keys(digest.outcomes).length === 0) continue
    const matter: Matter = { is: 'daily', ...aboutOf(desk, source), from, to, digests: [digest] }
    made += await write(desk, matter, { sourceId: id }, { key: `daily.${id}.${Date.parse(from)}` })
  }
  return made
}

/** Each Monday morning, of the seven days before; by the time zone of the site's first source. */
async function weekly(desk: Desk): Promise<number> {
  const { session, siteId, site, now, recipients } = desk
  const zone = zoneOfSite(site)
  const next = morningAfter(zone, now, (weekday) => weekday === 1).toISOString()
  if (!(await isDue(desk, 'weekly', next))) return 0
  const from = new Date(now.getTime() - 7 * DAY_MS).toISOString()
  const to = now.toISOString()
  const { day } = localTime(zone, now)
  const digests = []
  for (const source of site.sources) {
    const digest = await digestOf(session, siteId, source, { from, to, withFull: true })
    digests.push({ id: source.id, ...digest })
  }
  let made = 0
  // Whoever is told of one source only gets that one.
  const groups = new Set(
    recipients.flatMap(({ what, sourceId }) => (what === 'weekly' ? [sourceId] : [])),
  )
  for (const sourceId of groups) {
    const source = site.sources.find(({ id }) => id === sourceId)
    const matter: Matter = {
      is: 'weekly',
      ...aboutOf(desk, source),
      from,
      to,
      digests: digests.filter(({ id }) => sourceId === null || id === sourceId),
    }
    const own = recipients.filter((recipient) => recipient.sourceId === sourceId)
    const key = `weekly.${day}.${sourceId ?? 0}`
    made += await write({ ...desk, recipients: own }, matter, { sourceId }, { key })
  }
  return made
}

/** Whether something that returns is due, which it is next at `next`. */
async function isDue(
  { session, siteId, now }: Desk,
  what: 'weekly' | 'review',
  next: string,
): Promise<boolean> {
  const at = momentOf(await markOf(session, siteId, { what, id: 0, at: next }))
  if (now < at) return false
  await setMark(session, siteId, { what, id: 0, at: next })
  return true
}

/** Once a year the recipients are asked whether they are still the right ones. */
async function review(desk: Desk): Promise<number> {
  const { now, recipients } = desk
  const next = new Date(now.getTime() + REVIEW_DAYS * DAY_MS).toISOString()
  if (!(await isDue(desk, 'review', next))) return 0
  const matter: Matter = {
    is: 'review',
    ...aboutOf(desk, undefined),
    recipients: recipients.map(({ address, source, what, deputy, bouncedAt }) => ({
      address,
      ...(source === null ? {} : { source }),
      what,
      isDeputy: deputy,
      isLost: bouncedAt !== null,
    })),
  }
  const key = `review.${now.toISOString().slice(0, 10)}`
  return write(desk, matter, { sourceId: null }, { key })
}
