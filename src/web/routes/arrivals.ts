import { z } from 'zod'
import { retainIfDue } from '../../erasure/retention.ts'
import { RollcallError } from '../../errors.ts'
import { chooseArrivals, discardArrival, importArrivals } from '../../import/arrivals-by-hand.ts'
import { arrivalJson } from '../../shown/arrival.ts'
import { reportJson } from '../../shown/report.ts'
import { arrivalById, openArrivals } from '../../store/arrivals.ts'
import { listSources, sourceNamed } from '../../store/sites.ts'
import { done, doneOnce, operation, type Operation } from '../operation.ts'
import { ownSource } from '../serve-operations.ts'
import { ANYTHING, given } from './shapes.ts'

const ARRIVAL = z.object({ arrival: z.coerce.number().int().positive() })
const tag = 'deliveries'

/** Deliveries that came by themselves. */
export const ARRIVALS: readonly Operation[] = [
  operation({
    id: 'list_arrivals',
    method: 'get',
    path: '/arrivals',
    tag,
    scope: 'read',
    summary: 'Deliveries that have come and wait for their run, or were given up',
    answer: z.object({ arrivals: z.array(ANYTHING) }),
    async run({ database, site }) {
      const sources = await listSources(database, site.id)
      const open = await database.site(site.id, (session) => openArrivals(session, site.id))
      const arrivals = open.map((arrival) =>
        arrivalJson(arrival, sources.find(({ id }) => id === arrival.sourceId)?.name ?? ''),
      )
      return done({ arrivals })
    },
  }),
  operation({
    id: 'show_arrival',
    method: 'get',
    path: '/arrivals/{arrival}',
    tag,
    scope: 'deliver',
    summary: 'What became of a delivery that came',
    params: ARRIVAL,
    answer: ANYTHING,
    async run({ database, site, caller }, { arrival: id }) {
      const found = await database.site(site.id, (session) => arrivalById(session, site.id, id))
      const { sourceId = found?.sourceId } = ownSource(caller)
      if (found === undefined || found.sourceId !== sourceId) {
        throw new RollcallError('ERR_NOT_FOUND', `There is no arrival ${id}`)
      }
      const { path: _, ...shown } = found
      return done(shown)
    },
  }),
  operation({
    id: 'run_arrivals',
    method: 'post',
    path: '/arrivals/run',
    tag,
    scope: 'administer',
    summary: 'Import now what waits, in order of arrival, whatever the schedule says',
    body: z.object({
      arrival: z.int().positive().optional().meta({
        description: 'What waits of its source up to that; one that was given up, too',
      }),
      source: z.string().min(1).max(100).optional().meta({ description: 'Only of this source' }),
    }),
    answer: z.object({ imports: z.array(ANYTHING) }),
    async run(asked, { arrival, source }) {
      const { database, site, caller, deliveriesFolder, limits, now } = asked
      const siteId = site.id
      const sourceId =
        source === undefined ? undefined : (await sourceNamed(database, siteId, source)).id
      const chosen = await chooseArrivals(database, siteId, given({ arrival, sourceId }))
      const of = { database, siteId, deliveriesFolder, limits, now }
      // That it fails keeps no delivery from being imported. The service tries it again by itself.
      if (chosen.length > 0) await retainIfDue({ ...of, sender: caller.sender }).catch(() => {})
      const reports = await importArrivals({ ...of, onProgress: () => {} }, chosen)
      return doneOnce(
        { imports: reports.map((report) => reportJson(report, undefined)) },
        { imports: reports.map(({ run, outcome }) => ({ run, outcome })) },
      )
    },
  }),
  operation({
    id: 'discard_arrival',
    method: 'delete',
    path: '/arrivals/{arrival}',
    tag,
    scope: 'administer',
    summary: 'Throw away one that waits or was given up, with its bytes',
    params: ARRIVAL,
    answer: z.object({ discarded: z.int() }),
    async run({ database, site, deliveriesFolder, now }, { arrival: arrivalId }) {
      await discardArrival({ database, siteId: site.id, arrivalId, deliveriesFolder, now })
      return done({ discarded: arrivalId })
    },
  }),
]
