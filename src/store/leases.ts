import type { Session } from './connect.ts'

/**
 * Takes or renews a lease: what one process does at a time. Gives whether the holder has it now. Times are the database's, so
 * that hosts whose clocks differ agree.
 */
export async function takeLease(
  session: Session,
  siteId: number,
  what: string,
  { holder, seconds }: { readonly holder: string; readonly seconds: number },
): Promise<boolean> {
  const taken = await session.execute(
    `insert into leases (site_id, what, holder, held_until) values ($1, $2, $3, now() + make_interval(secs => $4))
     on conflict (site_id, what) do update set holder = excluded.holder, held_until = excluded.held_until
       where leases.holder = excluded.holder or leases.held_until < now()`,
    [siteId, what, holder, seconds],
  )
  return taken > 0
}

export async function endLease(
  session: Session,
  siteId: number,
  what: string,
  holder: string,
): Promise<void> {
  await session.execute('delete from leases where site_id = $1 and what = $2 and holder = $3', [
    siteId,
    what,
    holder,
  ])
}
