import type { Session } from './connect.ts'

/** Fewer rows than this are not worth the making of indexes: 50 ms for four of them, where 3 µs are gained a row and index. */
const ROWS_MIN = 20_000

/**
 * Has `insert` put so many rows into a table. Many rows that are the first of all sites are put in before the indexes are made:
 * 980,000 memberships take 5.4 s then in place of 11 s. Whoever wants to read the table meanwhile waits until the transaction ends,
 * and has nothing to see before; where somebody reads it just now, rows go in one by one as ever.
 */
export async function insertRows(
  session: Session,
  table: 'memberships' | 'persons' | 'changes',
  rows: number,
  insert: () => Promise<unknown>,
): Promise<void> {
  if (rows === 0) return
  const isFirst = rows >= ROWS_MIN && (await begin(session, table))
  await insert()
  if (isFirst) await session.query('select end_first_rows($1)', [table])
}

async function begin(session: Session, table: string): Promise<boolean> {
  const [row] = await session.query<{ empty: boolean }>('select begin_first_rows($1) as empty', [
    table,
  ])
  return row?.empty === true
}
