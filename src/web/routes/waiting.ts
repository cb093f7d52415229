import { z } from 'zod'
import { ANNOUNCED_LIMITS } from '../../change/announced.ts'
import { RollcallError } from '../../errors.ts'
import { announce } from '../../import/announce.ts'
import { letThroughRequest } from '../../import/rerun.ts'
import { importDelivery, planDelivery } from '../../import/run.ts'
import { PROFILES } from '../../roster/person.ts'
import { ROSTER_KINDS } from '../../roster/record.ts'
import { changeJson } from '../../shown/changes.ts'
import { reportJson } from '../../shown/report.ts'
import { waitingJson } from '../../shown/waiting.ts'
import { listAnnouncements, withdrawAnnouncement } from '../../store/announcements.ts'
import { membersOfSchool } from '../../store/lookups.ts'
import { sourceNamed } from '../../store/sites.ts'
import { listWaiting } from '../../store/waiting.ts'
import { done, operation, type Operation, ran } from '../operation.ts'
import { ANYTHING, DAY, DRY_RUN, FIRST_CHANGES, given, KEY, OFFSET_PAGE, TEXT } from './shapes.ts'

const SOURCE = z.string().min(1).max(100)

/** What waits, what is let through, and what was made known beforehand. */
export const WAITING: readonly Operation[] = [
  operation({
    id: 'list_waiting',
    method: 'post',
    path: '/waiting/search',
    tag: 'waiting',
    scope: 'read',
    summary: 'Changes that wait, the longest waiting first',
    body: z.object({
      source: SOURCE.optional(),
      kinds: z.array(z.enum(ROSTER_KINDS)).optional(),
      school: KEY.optional(),
      ...OFFSET_PAGE.shape,
    }),
    answer: z.object({ total: z.int(), waiting: z.array(ANYTHING) }),
    async run({ database, site, now }, { source, kinds, school, ...page }) {
      const sourceId =
        source === undefined ? undefined : (await sourceNamed(database, site.id, source)).id
      const { rows, total } = await database.site(site.id, async (session) => {
        const at =
          school === undefined ? undefined : await membersOfSchool(session, site.id, school)
        return listWaiting(session, site.id, { ...page, ...given({ sourceId, kinds, school: at }) })
      })
      return done({ total, waiting: rows.map((row) => waitingJson(row, now())) })
    },
  }),
  operation({
    id: 'let_through',
    method: 'post',
    path: '/waiting/let-through',
    tag: 'waiting',
    scope: 'administer',
    summary: 'Apply what waits of one record, of a school or of a profile',
    body: z.object({
      source: SOURCE.default('default'),
      key: KEY.optional(),
      school: KEY.optional(),
      profile: z.enum(PROFILES).optional(),
      dryRun: DRY_RUN,
    }),
    answer: z.looseObject({ run: z.int() }),
    async run(asked, { source, key, school, profile, dryRun }) {
      const { database, site, caller, deliveriesFolder, limits, now } = asked
      const meant = [
        ...(key === undefined ? [] : [{ key }]),
        ...(school === undefined ? [] : [{ school }]),
        ...(profile === undefined ? [] : [{ profile }]),
      ]
      const [only] = meant
      if (only === undefined || meant.length > 1) {
        throw new RollcallError('ERR_USAGE', 'Give one of key, school and profile')
      }
      const request = await letThroughRequest(
        {
          database,
          siteId: site.id,
          sourceId: (await sourceNamed(database, site.id, source)).id,
          deliveriesFolder,
          limits,
          sender: caller.sender,
          channel: 'api',
          dryRun,
          acceptOlder: true,
          now,
          onProgress: () => {},
        },
        only,
      )
      if (!dryRun) {
        const report = await importDelivery(request)
        return ran(report.run, reportJson(report))
      }
      const { report, changes, changesTotal } = await planDelivery(request, FIRST_CHANGES)
      const shown = changes.map((change) => changeJson(change))
      return done({ ...reportJson(report), changesTotal, changes: shown })
    },
  }),
  operation({
    id: 'list_announcements',
    method: 'get',
    path: '/announcements',
    tag: 'announcements',
    scope: 'read',
    summary: 'Changes made known beforehand, the latest first',
    answer: z.object({ announcements: z.array(ANYTHING) }),
    async run({ database, site }) {
      const all = await database.site(site.id, (session) => listAnnouncements(session, site.id))
      return done({ announcements: all })
    },
  }),
  operation({
    id: 'announce',
    method: 'post',
    path: '/announcements',
    tag: 'announcements',
    scope: 'release',
    summary: 'Make a change known beforehand, with ceilings, for one run',
    body: z.object({
      source: SOURCE.default('default'),
      schools: z.array(KEY).max(1_000).default([]),
      ceilings: z.partialRecord(z.enum(ANNOUNCED_LIMITS), z.int().min(0)),
      until: DAY,
      reason: TEXT,
    }),
    answer: ANYTHING,
    async run({ database, site, caller, now }, { source, ceilings, ...change }) {
      const id = await announce({
        database,
        siteId: site.id,
        source: await sourceNamed(database, site.id, source),
        ...change,
        ceilings: given(ceilings) as { readonly [limit: string]: number },
        sender: caller.sender,
        now,
      })
      const all = await database.site(site.id, (session) => listAnnouncements(session, site.id))
      return done(all.find((each) => each.id === id) ?? { id })
    },
  }),
  operation({
    id: 'withdraw',
    method: 'delete',
    path: '/announcements/{announcement}',
    tag: 'announcements',
    scope: 'release',
    summary: 'Withdraw an announcement that still counts',
    params: z.object({ announcement: z.coerce.number().int().positive() }),
    answer: ANYTHING,
    async run({ database, site, now }, { announcement }) {
      const at = now().toISOString()
      const withdrawn = await database.site(site.id, (session) =>
        withdrawAnnouncement(session, site.id, announcement, at),
      )
      if (withdrawn) return done({ id: announcement, withdrawnAt: at })
      throw new RollcallError(
        'ERR_NOT_FOUND',
        `There is no announcement ${announcement} that counts`,
      )
    },
  }),
]
