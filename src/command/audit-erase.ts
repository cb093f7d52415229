import { eraseName } from '../access/erase-name.ts'
import { withDatabase } from './open.ts'
import { printJson, printLines } from './output.ts'

export interface AuditEraseOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Erases a colleague's name from the audit logs of the installation and of every site. */
export async function runAuditErase(name: string, options: AuditEraseOptions): Promise<void> {
  const dryRun = options.dryRun === true
  const entries = await withDatabase(({ database, actor }) =>
    eraseName(database, name, { actor, dryRun, now: new Date() }),
  )
  if (options.json === true) printJson({ entries, dryRun })
  else if (entries === 0) printLines(['The name stands in no audit log.'])
  else if (dryRun) printLines([`The name stands in ${entries} entries. Nothing was erased.`])
  else printLines([`The values of ${entries} entries are erased; the chains hold.`])
}
