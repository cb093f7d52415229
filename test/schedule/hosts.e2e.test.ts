import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { deliveryText, keys } from '../import/deliveries.ts'
import { findServer } from '../server.ts'
import { type Host, makeHosts, oneHost, removeHosts } from './hosts.ts'
import { type Installation, startInstallation } from './installation.ts'
import { comes, startService, type LogLine, type Service } from './service.ts'

// Sizes at which an import takes long enough to be met in the middle of it.
const [BEFORE, AFTER, GROUPS] = [8_000, 15_000, 100]
const small = (persons: number): string =>
  deliveryText({ persons: keys('P', persons), groups: keys('G', 2) })

/** Persons, each in a group. */
function night(persons: number): string {
  const people = keys('P', persons)
  const groups = keys('G', GROUPS)
  const lists = groups.map((group, n) => ({
    group,
    members: people.filter((_, index) => index % GROUPS === n),
  }))
  return deliveryText({ persons: people, groups, lists })
}

const programs = findServer()
const made = programs === undefined ? [] : makeHosts(4)
after(removeHosts)

interface OnHost {
  readonly host: Host
  readonly service: Service
}

/** Waits until a delivery is being imported, and gives where. */
async function importing(
  { client }: Installation,
  running: readonly OnHost[],
  arrival: number,
): Promise<OnHost> {
  const began = running.map(async (each) => {
    await each.service.heard('import_started', (line) => line['arrival'] === arrival)
    return each
  })
  const found = await Promise.any(began)
  for (let n = 0; n < 6000; n++) {
    const under = `select from runs where arrival_id = $1 and state = 'running'`
    if ((await client.query(under, [arrival])).rowCount === 1) return found
    await sleep(5)
  }
  throw new Error('the run does not begin')
}

/** What one delivery has left in the database. */
async function leftBy({ client }: Installation, siteId: number, arrival: number): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select array(select state from runs where site_id = $1 and arrival_id = $2) as runs,
       array(select e.kind from events e join runs r using (site_id, run_id)
         where site_id = $1 and arrival_id = $2 order by event_id) as events,
       (select count(*)::int from persons where site_id = $1 and state = 'active') as persons,
       (select count(*)::int from memberships where site_id = $1 and to_run is null) as memberships,
       (select count(*)::int from changes c join runs r using (site_id, run_id)
         where site_id = $1 and arrival_id = $2 and c.kind = 'person' and c.action = 'add') as journal,
       (select count(*)::int from arrivals a join runs r using (site_id, run_id)
         where a.site_id = $1 and a.arrival_id = $2 and r.arrival_id = $2) as taken`,
    [siteId, arrival],
  )
  return rows[0]
}

test(
  'of four hosts one is killed and one vanishes, each in the middle of an import: others apply both, once',
  { skip: programs === undefined ? 'needs the package postgresql' : false },
  async (t) => {
    assert.ok(programs !== undefined)
    if (typeof made === 'string') t.diagnostic(`${made}: four processes, two of which are killed`)
    const hosts = typeof made === 'string' ? oneHost(4) : made
    const installation = await startInstallation(programs)
    const { database, deliveries } = installation
    const running: OnHost[] = []
    try {
      const sites: number[] = []
      for (const name of ['Killed', 'Cut off', 'Small', 'Smaller']) {
        sites.push(await installation.site(name, sites.length < 2 ? night(BEFORE) : small(50)))
      }
      const [killedSite = 0, cutSite = 0, ...smallSites] = sites
      for (const [n, host] of hosts.entries()) {
        const environment = installation.environment(host.here)
        const service = startService(n === 0 ? 'serve' : 'worker', environment, host.prefix)
        running.push({ host, service })
      }
      await Promise.all(running.map(({ service }) => service.heard('service_started')))
      const coming = (siteId: number, text: string): Promise<number> =>
        comes(database, deliveries, { siteId, sourceId: 1, name: 'night.xml' }, text)
      const finished = (arrival: number, among: readonly OnHost[]): Promise<LogLine> =>
        Promise.any(
          among.map(({ service }) =>
            service.heard('import_finished', (line) => line['arrival'] === arrival),
          ),
        )

      const killedArrival = await coming(killedSite, night(AFTER))
      const killed = await importing(installation, running, killedArrival)
      killed.service.process.kill('SIGKILL')
      const left = running.filter((each) => each !== killed)

      const cutArrival = await coming(cutSite, night(AFTER))
      const cut = await importing(installation, left, cutArrival)
      const { cut: vanish = () => void cut.service.process.kill('SIGKILL') } = cut.host
      vanish()
      const living = left.filter((each) => each !== cut)

      // Others are not kept waiting by the two sites that nobody can take yet.
      for (const siteId of smallSites) {
        const line = await finished(await coming(siteId, small(51)), living)
        assert.equal(line['outcome'], 'applied')
      }
      for (const [siteId, arrival] of [
        [killedSite, killedArrival],
        [cutSite, cutArrival],
      ] as const) {
        const line = await finished(arrival, living)
        assert.equal(line['outcome'], 'applied')
        assert.deepEqual(await leftBy(installation, siteId, arrival), {
          runs: ['applied'],
          events: ['started', 'applied'],
          persons: AFTER,
          memberships: AFTER,
          journal: AFTER - BEFORE,
          taken: 1,
        })
      }

      // The one that had vanished is back, notices that it lost its run, and is one of them again.
      const back = cut.host.cut === undefined ? [] : [cut]
      for (const { host, service } of back) {
        host.join()
        await service.heard('import_broke_off', (line) => line['arrival'] === cutArrival)
      }
      for (const { service } of [...living, ...back]) assert.equal(await service.end('SIGTERM'), 0)
      assert.deepEqual(
        cut.service.lines.filter(({ event }) => event === 'import_finished'),
        [],
      )
    } finally {
      for (const { host, service } of running) {
        host.join()
        await service.end('SIGKILL')
      }
      await installation.stop()
    }
  },
)
