/**
 * The first import of every site with a number between two, one after the other, as the command line does it: what
 * `bench/sites.ts` starts from.
 *
 *     DATABASE_URL=… node bench/first-imports.ts DELIVERY DELIVERIES-FOLDER FROM TO
 */
import { DEFAULT_READ_LIMITS } from '../src/ims/limits.ts'
import { importDelivery } from '../src/import/run.ts'
import { openDatabase } from '../src/store/connect.ts'
import { sourceNamed } from '../src/store/sites.ts'

const [file = '', deliveriesFolder = '', from, to] = process.argv.slice(2)
const databaseUrl = process.env['DATABASE_URL']
const database = await openDatabase({ home: '/nonexistent', databaseUrl, ownerUrl: undefined })
for (let siteId = Number(from); siteId <= Number(to); siteId++) {
  const { id } = await sourceNamed(database, siteId, 'default')
  const { outcome } = await importDelivery({
    database,
    siteId,
    sourceId: id,
    file,
    deliveriesFolder,
    limits: DEFAULT_READ_LIMITS,
    sender: 'benchmark',
    channel: 'command line',
    dryRun: false,
    acceptOlder: false,
    now: () => new Date(),
    onProgress() {},
  })
  if (outcome !== 'applied') throw new Error(`site ${siteId}: ${outcome}`)
}
await database.close()
