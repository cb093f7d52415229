import { readConfig } from '../config.ts'
import { migrateDatabase } from '../store/connect.ts'
import { notice } from './open.ts'
import { printJson, printLines } from './output.ts'

export async function runMigrate({ json }: { readonly json?: boolean }): Promise<void> {
  const migrations = await migrateDatabase(readConfig(process.env), { notice })
  if (json === true) printJson({ migrations })
  else if (migrations.length === 0) printLines(['The database is at this version already.'])
  else printLines(['Migrated:', ...migrations.map((name) => `  ${name}`)])
}
