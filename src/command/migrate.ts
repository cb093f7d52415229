import { readConfig } from '../config.ts'
import { installJobs } from '../schedule/jobs.ts'
import { asOwner } from '../store/owner.ts'
import { migrate } from '../store/migrate.ts'
import { notice } from './notice.ts'
import { printJson, printLines } from './output.ts'

export async function runMigrate({ json }: { readonly json?: boolean }): Promise<void> {
  const migrations = await asOwner(readConfig(process.env), { notice }, async (owner) => {
    const names = await migrate(owner.connection, { appRole: owner.appRole })
    await installJobs(owner)
    return names
  })
  if (json === true) printJson({ migrations })
  else if (migrations.length === 0) printLines(['The database is at this version already.'])
  else printLines(['Migrated:', ...migrations.map((name) => `  ${name}`)])
}
