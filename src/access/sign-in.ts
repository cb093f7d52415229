import type { Database } from '../store/connect.ts'
import { noteSignIn, rolesOfAccount, takeAttempt } from '../store/accounts.ts'
import type { AccountActor } from './actor.ts'
import { hashingIsBusy, hashPassword, isOutdated, passwordIs } from './hashing.ts'
import { accountKey } from './names.ts'
import { PASSWORD_CHARACTERS_MAX } from './password-rules.ts'

/**
 * Failed attempts in a row that cost nothing; each further one locks the account for twice as long as the one before, up to
 * the longest. After as many as NIST SP 800-63B (3.2.2) lets be, it stays locked until an operator unlocks it.
 */
export const SIGN_IN_FAILURES_FREE = 5
export const SIGN_IN_LOCK_SECONDS = 30
export const SIGN_IN_LOCK_SECONDS_MAX = 900
export const SIGN_IN_FAILURES_MAX = 100

/**
 * `wrong`: unknown name, wrong password, disabled, or locked, which whoever tries is never told apart. `busy`: too many
 * try at once.
 */
export type SignIn =
  | { readonly actor: AccountActor }
  | { readonly refused: 'wrong' | 'busy'; readonly because: 'password' | 'locked' | 'load' }

/**
 * Whether name and password are an account's. As much work for a name that there is not. Each attempt is counted as failed
 * before it is looked at, so that many at once are no way round the lock.
 */
export async function authenticatePassword(
  database: Database,
  { name, password }: { readonly name: string; readonly password: string },
  now: Date,
): Promise<SignIn> {
  if (hashingIsBusy()) return { refused: 'busy', because: 'load' }
  const attempt = await database.installation((session) =>
    takeAttempt(session, accountKey(name), now.toISOString(), {
      free: SIGN_IN_FAILURES_FREE,
      seconds: SIGN_IN_LOCK_SECONDS,
      secondsMax: SIGN_IN_LOCK_SECONDS_MAX,
      max: SIGN_IN_FAILURES_MAX,
    }),
  )
  const stored = attempt?.account?.password ?? undefined
  const tried = password.slice(0, PASSWORD_CHARACTERS_MAX * 4)
  const isRight = await passwordIs(tried, stored)
  const account = attempt?.account
  if (!isRight || account === undefined || stored === undefined) {
    return { refused: 'wrong', because: attempt?.isLocked === true ? 'locked' : 'password' }
  }
  const renewed = isOutdated(stored) ? await hashPassword(tried) : undefined
  const { id } = account
  await database.installation((session) =>
    noteSignIn(
      session,
      id,
      now.toISOString(),
      renewed === undefined ? undefined : { from: stored, to: renewed },
    ),
  )
  const roles = await database.operator((session) => rolesOfAccount(session, id))
  return { actor: { kind: 'account', id, name: account.name, roles } }
}
