import { verifyAudit } from '../access/verify.ts'
import { checkBackup } from '../backup/check.ts'
import { restoreBackup } from '../backup/restore.ts'
import { type Config, readConfig } from '../config.ts'
import { installJobs } from '../schedule/jobs.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { asOwner } from '../store/owner.ts'
import { type SealedValue, sealedValues } from '../store/sealed-values.ts'
import { sealing, storedKey } from '../store/sealed.ts'
import { listSites } from '../store/sites.ts'
import { shortOf } from './backup.ts'
import { notice } from './notice.ts'
import { withDatabase } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { sealedFor } from './sealed-for.ts'

/** What is looked at once everything is back. */
interface Verified {
  /** Audit logs by site (0: the installation's) that are not whole. */
  readonly brokenLogs: readonly number[]
  readonly secrets: number
  /** Of these, those that the key does not open. */
  readonly closed: readonly SealedValue[]
}

export async function runRestore(
  folder: string,
  { json }: { readonly json?: boolean },
): Promise<void> {
  const config = readConfig(process.env)
  notice('Checking the backup')
  const backup = await checkBackup(folder)
  const { deliveriesFolder, key } = config
  await asOwner(config, { notice }, async (owner) => {
    const keyFile = key === undefined ? config.keyFile : undefined
    await restoreBackup({ backup, owner, deliveriesFolder, keyFile, notice })
    await installJobs(owner)
  })
  const verified = await withDatabase(({ database }) => verify(database, config))
  const { brokenLogs, secrets, closed } = verified
  const short = shortOf(backup)
  if (json === true) {
    printJson({ ...short, brokenLogs, secrets, secretsClosed: closed.length })
  } else printLines(lines(short as { rows: number; files: number }, verified))
  if (brokenLogs.length + closed.length > 0) process.exitCode = 5
}

async function verify(database: Database, config: Config): Promise<Verified> {
  const brokenLogs: number[] = []
  const sites = await listSites(database)
  for (const siteId of sites.map(({ id }) => id)) {
    const { broken } = await database.site(siteId, (session) => verifyAudit(session, siteId))
    if (broken !== undefined) brokenLogs.push(siteId)
  }
  const { broken } = await database.installation((session) => verifyAudit(session, INSTALLATION))
  if (broken !== undefined) brokenLogs.push(INSTALLATION)
  const secrets = await database.operator(sealedValues)
  return { brokenLogs, secrets: secrets.length, closed: secrets.filter(isClosedTo(config)) }
}

function isClosedTo(config: Config): (value: SealedValue) => boolean {
  // Whoever asks for the key makes one where there is none, which would stand in the way of the right one.
  if (storedKey(config) === undefined) return () => true
  const { open } = sealing(config)
  return (value) => {
    try {
      open(value.sealed, sealedFor(value), value.siteId)
      return false
    } catch {
      return true
    }
  }
}

function lines(
  { rows, files }: { readonly rows: number; readonly files: number },
  { brokenLogs, secrets, closed }: Verified,
): string[] {
  return [
    `Restored: ${rows} rows, ${files} files of deliveries. Every table has as many rows as the backup.`,
    brokenLogs.length === 0
      ? 'The audit logs are whole.'
      : bold(`BROKEN: ${brokenLogs.length} audit logs; rollcall audit verify says where.`),
    ...(secrets === 0
      ? []
      : closed.length === 0
        ? [`The key opens all ${secrets} secrets.`]
        : [
            bold(
              `The key does NOT open ${closed.length} of ${secrets} secrets: ${kindsOf(closed)}.`,
            ),
            'Give the key of then back (ROLLCALL_KEY or ROLLCALL_KEY_FILE), or set them anew: docs/backup.md.',
          ]),
  ]
}

function kindsOf(closed: readonly SealedValue[]): string {
  const names = { webhook: 'webhooks', collector: 'collectors', 'host key': 'keys of the drop box' }
  return [...new Set(closed.map(({ what }) => names[what]))].join(', ')
}
