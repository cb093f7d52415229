import { checkBackup, type Checked } from '../backup/check.ts'
import { type BackupReport, makeBackup } from '../backup/make.ts'
import { RollcallError } from '../errors.ts'
import { timeText } from '../shown/time.ts'
import { storedKey } from '../store/sealed.ts'
import { notice } from './notice.ts'
import { withDatabase } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { VERSION } from './version.ts'

export interface BackupOptions {
  readonly withKey?: boolean
  readonly check?: boolean
  readonly json?: boolean
}

export async function runBackup(folder: string, options: BackupOptions): Promise<void> {
  if (options.check === true) {
    if (options.withKey === true) {
      throw new RollcallError('ERR_USAGE', '--check and --with-key do not go together')
    }
    const checked = await checkBackup(folder)
    if (options.json === true) printJson(shortOf(checked))
    else printLines([...checkedLines(checked), 'It is whole: every part is what it was.'])
    return
  }
  const report = await withDatabase(({ config, database }) =>
    makeBackup({
      database,
      deliveriesFolder: config.deliveriesFolder,
      folder,
      key: options.withKey === true ? storedKey(config) : undefined,
      program: VERSION,
      now: () => new Date(),
      notice,
    }),
  )
  if (options.json === true) printJson(report)
  else printLines(reportLines(report))
  // The backup is there, but it is not of all that there should be.
  if (report.missing.length + report.changed.length > 0) process.exitCode = 5
}

/** What is in a backup, in figures. */
export function shortOf({ folder, manifest, bytes }: Checked): object {
  const { madeAt, program, database, tables, files, missing, changed, hasKey } = manifest
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const schema = manifest.migrations.at(-1)?.version ?? 0
  const counts = { tables: tables.length, rows, files: files.length, bytes }
  return { folder, madeAt, program, database, schema, ...counts, missing, changed, hasKey }
}

function checkedLines({ folder, manifest, bytes }: Checked): string[] {
  const { madeAt, program, database, tables, files, hasKey } = manifest
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return [
    `Backup ${folder}`,
    `  made ${timeText(madeAt)} by Rollcall ${program}, of ${database}`,
    `  ${tables.length} tables with ${rows} rows, ${files.length} files of deliveries; ${sizeText(bytes)}`,
    `  the key of secrets is ${hasKey ? 'in it' : 'not in it'}`,
  ]
}

function reportLines(report: BackupReport): string[] {
  const { folder, tables, rows, files, bytes, missing, changed, hasKey } = report
  const odd = (paths: readonly string[], what: string): string[] =>
    paths.length === 0
      ? []
      : [bold(`${paths.length} files ${what}:`), ...paths.map((each) => `  ${each}`)]
  return [
    `Backed up to ${folder}`,
    `  ${tables} tables with ${rows} rows, ${files} files of deliveries; ${sizeText(bytes)}`,
    ...odd(missing, 'that deliveries name are not in the deliveries folder'),
    ...odd(changed, 'are not as they came'),
    hasKey
      ? bold(
          'The key of secrets is IN it: whoever has this backup can read passwords of collectors.',
        )
      : bold(
          'The key of secrets is NOT in it. Without a copy of it, passwords of collectors and keys are lost.',
        ),
  ]
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
