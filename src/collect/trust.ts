import { type CollectorRun, testCollector } from './run.ts'
import { setCollector } from './set.ts'
import { UnknownHost } from './sftp.ts'

/** Tests a collector; with `trust` the key that an SSH host shows is kept from then on, where none is set yet. */
export async function testTrusting(
  run: CollectorRun,
  { trust, overApi }: { readonly trust: boolean; readonly overApi: boolean },
): Promise<void> {
  try {
    await testCollector(run)
  } catch (error) {
    if (!(error instanceof UnknownHost) || !trust) throw error
    const { database, sealing, site, source, now } = run
    const change = { set: { hostKey: error.fingerprint }, overApi }
    await setCollector(database, sealing, site.id, source.id, change, now())
    run.say?.('trust', `the host's key is ${error.fingerprint}, and is trusted from now on`)
    await testCollector(run)
  }
}
