import { z } from 'zod'
import { purge } from '../../erasure/purge.ts'
import { retain } from '../../erasure/retention.ts'
import { RollcallError } from '../../errors.ts'
import { handJson } from '../../shown/hand.ts'
import { done, operation, type Operation, ran } from '../operation.ts'
import { ANYTHING, DRY_RUN, given, handRequest, KEY, TEXT } from './shapes.ts'

/** Gone for good. */
export const ERASURE: readonly Operation[] = [
  operation({
    id: 'purge',
    method: 'post',
    path: '/bin/purge',
    tag: 'erasure',
    scope: 'administer',
    summary: 'Erase persons from the recycle bin for good',
    body: z.object({
      key: KEY.optional(),
      allOlderThan: z.int().min(0).optional().meta({ description: 'Days in the recycle bin' }),
      atOnce: z
        .boolean()
        .default(false)
        .meta({ description: 'One person, also within the quarantine' }),
      reason: TEXT.optional(),
      dryRun: DRY_RUN,
    }),
    answer: z.object({ runs: z.array(ANYTHING), deadRows: z.string().optional() }),
    async run(asked, { key: name, allOlderThan, atOnce, reason, dryRun }) {
      if ((name === undefined) === (allOlderThan === undefined)) {
        throw new RollcallError('ERR_USAGE', 'Give key, or allOlderThan')
      }
      if (atOnce && (name === undefined || reason === undefined)) {
        throw new RollcallError('ERR_USAGE', 'atOnce is for one person, and needs a reason')
      }
      const { deliveriesFolder, limits } = asked
      const who = name === undefined ? { olderThanDays: allOlderThan ?? 0 } : { name }
      const of = { ...handRequest(asked, dryRun), deliveriesFolder, limits, who, atOnce }
      const { runs, deadRows } = await purge({ ...of, ...given({ reason }) })
      const reports = runs.map(({ report, changes }) => handJson(report, changes))
      return ran(runs[0]?.report.run ?? 0, { runs: reports, ...given({ deadRows }) })
    },
  }),
  operation({
    id: 'retain',
    method: 'post',
    path: '/retention',
    tag: 'erasure',
    scope: 'administer',
    summary: 'Delete what is older than the site keeps it',
    body: z.object({ dryRun: DRY_RUN }),
    answer: ANYTHING,
    async run(asked, { dryRun }) {
      const { deliveriesFolder, limits } = asked
      return done(await retain({ ...handRequest(asked, dryRun), deliveriesFolder, limits }))
    },
  }),
]
