import type { Session } from '../../src/store/connect.ts'
import { journalOf, type Subject } from '../../src/store/explain-queries.ts'

/** The journal of a person, group or course, each entry as `action kind delivery`. */
export async function explainedEntries(
  session: Session,
  siteId: number,
  subject: Subject,
): Promise<string[]> {
  const journal = await journalOf(session, siteId, subject)
  return journal.map(({ action, kind, fileName }) => `${action} ${kind} ${fileName}`)
}
