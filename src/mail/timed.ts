import {
  dropMark,
  markOf,
  marks,
  openEpisodes,
  runsBetween,
  setMark,
  countEpisodeMail,
} from '../store/told.ts'
import { daysBetween, localTime } from './calendar.ts'
import { digestOf } from './digest.ts'
import { momentOf } from './formats.ts'
import { aboutOf, gatherRun, zoneOf } from './gather.ts'
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
  for (const { episode, runId, sourceId, lastAt } of await openEpisodes(session, siteId)) {
    const source = site.sources.find(({ id }) => id === sourceId)
    const zone = zoneOf(source)
    const today = localTime(zone, now)
    const isDue =
      today.weekday <= 5 &&
      today.hour >= REMINDER_HOUR &&
      localTime(zone, momentOf(lastAt)).day < today.day
    const gathered = isDue ? await gatherRun(desk, { kind: 'held', runId }, source) : undefined
    if (gathered?.matter.is !== 'finished') continue
    const { matter } = gathered
    const since = momentOf(matter.episode?.since ?? matter.startedAt)
    const days = Math.max(1, daysBetween(localTime(zone, since).day, today.day))
    const told = await countEpisodeMail(session, siteId, {
      episode,
      sourceId,
      now: now.toISOString(),
    })
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

/** On the first working day of a week, of the seven days before; by the time zone of the site's first source. */
async function weekly(desk: Desk): Promise<number> {
  const { session, siteId, site, now, recipients } = desk
  if (recipients.every(({ what }) => what !== 'weekly')) return 0
  const zone = zoneOf(site.sources[0])
  const at = await markOf(session, siteId, { what: 'weekly', id: 0, now: now.toISOString() })
  const { weekday, hour, day } = localTime(zone, now)
  const isDue = weekday <= 5 && hour >= REMINDER_HOUR && isOfEarlierWeek(zone, momentOf(at), now)
  if (!isDue) return 0
  const from = new Date(now.getTime() - 7 * DAY_MS).toISOString()
  const to = now.toISOString()
  const digests = []
  for (const source of site.sources) {
    digests.push({
      id: source.id,
      ...(await digestOf(session, siteId, source, { from, to, withFull: true })),
    })
  }
  await setMark(session, siteId, { what: 'weekly', id: 0, at: now.toISOString() })
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

function isOfEarlierWeek(zone: string, at: Date, now: Date): boolean {
  const mondayOf = (moment: Date): number => {
    const { day, weekday } = localTime(zone, moment)
    return Date.parse(`${day}T12:00:00Z`) - (weekday - 1) * DAY_MS
  }
  return mondayOf(at) < mondayOf(now)
}

/** Once a year the recipients are asked whether they are still the right ones. */
async function review(desk: Desk): Promise<number> {
  const { session, siteId, now, recipients } = desk
  const at = await markOf(session, siteId, { what: 'review', id: 0, now: now.toISOString() })
  if (now.getTime() - momentOf(at).getTime() < REVIEW_DAYS * DAY_MS) return 0
  await setMark(session, siteId, { what: 'review', id: 0, at: now.toISOString() })
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
