import { RollcallError } from '../errors.ts'
import { type Approval, approvalsOf, insertApproval, type Manner } from '../store/approvals.ts'
import type { Session } from '../store/connect.ts'
import { siteSettings } from '../store/periods.ts'
import type { HeldRun } from '../store/runs.ts'

/** The account of a person who decides. */
export interface Account {
  readonly id: number
  readonly name: string
}

/** What a release is about, as far as a second person matters. */
export interface Approvable {
  readonly siteId: number
  readonly account?: Account
  readonly withoutRemovals: boolean
  readonly asRekey?: unknown
  readonly consulted: string
  readonly now: () => Date
}

/**
 * The approval of another account that a release needs, where the site wants two persons: for the very plan, released in
 * the very way. Undefined where the site does not.
 * @throws RollcallError ERR_SECOND_PERSON where there is none
 */
export async function approvalBefore(
  session: Session,
  request: Approvable,
  run: HeldRun,
): Promise<Approval | undefined> {
  if (!(await needsTwo(session, request.siteId))) return undefined
  const found = await approvalOfAnother(session, request, run)
  if (found !== undefined) return found
  throw new RollcallError('ERR_SECOND_PERSON', 'Another person has to approve the release first', {
    hint: 'The site wants two persons: each gives the same command, with --as and an account of his own.',
  })
}

/** The first of two: notes that the account would release the plan. Undefined where nothing is left to wait for. */
export async function approveFirst(
  session: Session,
  request: Approvable,
  run: HeldRun,
): Promise<Approval | undefined> {
  const { siteId, account, consulted, now } = request
  if (!(await needsTwo(session, siteId))) return undefined
  if (account === undefined) {
    throw new RollcallError('ERR_SECOND_PERSON', 'The site wants two persons for a release', {
      hint: 'Each of them gives --as with his account. Only accounts of persons count, not tokens.',
    })
  }
  if ((await approvalOfAnother(session, request, run)) !== undefined) return undefined
  const approval: Approval = {
    run: run.id,
    accountId: account.id,
    by: account.name,
    planHash: run.planHash,
    manner: mannerOf(request),
    consulted,
    at: now().toISOString(),
  }
  await insertApproval(session, siteId, approval)
  return approval
}

async function needsTwo(session: Session, siteId: number): Promise<boolean> {
  return (await siteSettings(session, siteId)).twoPersonRelease === true
}

async function approvalOfAnother(
  session: Session,
  request: Approvable,
  { id, planHash }: HeldRun,
): Promise<Approval | undefined> {
  const { siteId, account } = request
  if (account === undefined) return undefined
  const manner = mannerOf(request)
  return (await approvalsOf(session, siteId, id)).find(
    (each) => each.accountId !== account.id && each.planHash === planHash && each.manner === manner,
  )
}

function mannerOf({ withoutRemovals, asRekey }: Approvable): Manner {
  if (asRekey !== undefined) return 'asRekey'
  return withoutRemovals ? 'withoutRemovals' : 'whole'
}
