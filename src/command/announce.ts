import { RollcallError } from '../errors.ts'
import {
  listAnnouncements,
  type StoredAnnouncement,
  withdrawAnnouncement,
} from '../store/announcements.ts'
import { sourceNamed } from '../store/sites.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface AnnouncementOptions {
  readonly site: string
  readonly json?: boolean
}

export interface AnnounceOptions extends AnnouncementOptions {
  readonly source: string
  readonly school?: readonly string[]
  readonly ceiling: { readonly [limit: string]: number }
  readonly until: string
  readonly reason: string
}

export async function runAnnounce(options: AnnounceOptions): Promise<void> {
  const reason = options.reason.trim()
  if (reason === '') throw new RollcallError('ERR_USAGE', '--reason is empty')
  const announcements = await withSite(options.site, async ({ database, site, sender }) => {
    const { announce } = await import('../import/announce.ts')
    const id = await announce({
      database,
      siteId: site.id,
      source: await sourceNamed(database, site.id, options.source),
      schools: options.school ?? [],
      ceilings: options.ceiling,
      until: options.until,
      reason,
      sender,
      now: () => new Date(),
    })
    const all = await database.site(site.id, (session) => listAnnouncements(session, site.id))
    return all.filter((each) => each.id === id)
  })
  print(announcements, options)
}

export async function runAnnouncements(options: AnnouncementOptions): Promise<void> {
  const announcements = await withSite(options.site, ({ database, site }) =>
    database.site(site.id, (session) => listAnnouncements(session, site.id)),
  )
  print(announcements, options)
}

export async function runWithdraw(id: number, options: AnnouncementOptions): Promise<void> {
  const now = new Date().toISOString()
  const announcements = await withSite(options.site, ({ database, site }) =>
    database.site(site.id, async (session) => {
      if (!(await withdrawAnnouncement(session, site.id, id, now))) {
        throw new RollcallError(
          'ERR_NOT_FOUND',
          `There is no announcement ${id} that still counts`,
          {
            hint: 'rollcall announce list shows what became of it.',
          },
        )
      }
      return (await listAnnouncements(session, site.id)).filter((each) => each.id === id)
    }),
  )
  print(announcements, options)
}

function print(announcements: readonly StoredAnnouncement[], { json }: AnnouncementOptions): void {
  const now = new Date().toISOString()
  if (json === true) {
    const shown = announcements.map((each) => ({ ...each, state: announcementState(each, now) }))
    printJson({ announcements: shown })
  } else printLines(announcementLines(announcements, now))
}

/** What has become of an announcement. */
export function announcementState(
  { usedBy, withdrawnAt, until }: StoredAnnouncement,
  now: string,
): string {
  if (usedBy !== null) return `used by run ${usedBy}`
  if (withdrawnAt !== null) return 'withdrawn'
  return Date.parse(until.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')) > Date.parse(now)
    ? 'open'
    : 'expired'
}

export function announcementLines(
  announcements: readonly StoredAnnouncement[],
  now: string,
): string[] {
  if (announcements.length === 0) return ['Announcements: none']
  const columns = [
    { heading: 'no.', align: 'right' as const },
    { heading: 'source' },
    { heading: 'at' },
    { heading: 'at most' },
    { heading: 'until' },
    { heading: '' },
    { heading: 'reason' },
  ]
  const rows = announcements.map((each) => [
    `${each.id}`,
    each.source,
    each.schools === null ? 'all of it' : each.schoolNames.join(', '),
    Object.entries(each.ceilings)
      .map(([limit, ceiling]) => `${limit}=${ceiling}`)
      .join(', '),
    timeText(each.until),
    announcementState(each, now),
    each.reason,
  ])
  return tableLines(columns, rows, bold)
}
