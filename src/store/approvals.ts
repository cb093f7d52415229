import type { Session } from './connect.ts'

/** How a held plan is released. */
export type Manner = 'whole' | 'withoutRemovals' | 'asRekey'

/** That an account would release a plan. */
export interface Approval {
  readonly run: number
  readonly accountId: number
  readonly by: string
  readonly planHash: string
  readonly manner: Manner
  readonly consulted: string
  readonly at: string
}

/** Notes it; what the same account approved before about the run is no more. */
export async function insertApproval(
  session: Session,
  siteId: number,
  { run, accountId, by, planHash, manner, consulted, at }: Approval,
): Promise<void> {
  await session.execute(
    `insert into approvals (site_id, run_id, account_id, account_name, plan_hash, manner, consulted, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (site_id, run_id, account_id) do update set account_name = excluded.account_name,
       plan_hash = excluded.plan_hash, manner = excluded.manner, consulted = excluded.consulted, at = excluded.at`,
    [siteId, run, accountId, by, planHash, manner, consulted, at],
  )
}

/** Approvals of a run, the first one first. */
export function approvalsOf(session: Session, siteId: number, run: number): Promise<Approval[]> {
  return session.query<Approval>(
    `select run_id as run, account_id as "accountId", account_name as by, plan_hash as "planHash", manner, consulted, at
     from approvals where site_id = $1 and run_id = $2 order by at, account_id`,
    [siteId, run],
  )
}

/** What an account has approved and nobody has released yet is taken back: it may no longer release. */
export async function withdrawApprovals(
  session: Session,
  siteId: number,
  accountId: number,
): Promise<void> {
  await session.execute(
    `delete from approvals a using runs r
     where a.site_id = $1 and a.account_id = $2 and r.site_id = a.site_id and r.run_id = a.run_id and r.state = 'held'`,
    [siteId, accountId],
  )
}
