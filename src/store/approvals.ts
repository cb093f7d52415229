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

/** Approval of a held plan, as it is shown. */
export type ShownApproval = Pick<Approval, 'by' | 'at' | 'manner' | 'consulted'>

/** Approvals of the very plan that a run has now, as JSON, the first one first; for a query of `runs r`. */
export const STANDING_APPROVALS = `(select coalesce(json_agg(json_build_object('by', a.account_name, 'at', a.at::text,
    'manner', a.manner, 'consulted', a.consulted) order by a.at, a.account_id), '[]')
  from approvals a where a.site_id = r.site_id and a.run_id = r.run_id and a.plan_hash = r.plan_hash)`

export async function standingApprovals(
  session: Session,
  siteId: number,
  run: number,
): Promise<readonly ShownApproval[]> {
  const [row] = await session.query<{ approvals: ShownApproval[] }>(
    `select ${STANDING_APPROVALS} as approvals from runs r where r.site_id = $1 and r.run_id = $2`,
    [siteId, run],
  )
  return row?.approvals ?? []
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
