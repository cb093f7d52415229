/**
 * Every code of a broken operation. Each is explained in docs/errors.md, and a test holds both directions.
 * What is wrong with a delivery or a record is not an error but a `Problem` (roster/problem.ts).
 */
export const ERROR_CODES = [
  'ERR_FILE_UNREADABLE',
  'ERR_CONFIG_WRONG',
  'ERR_DATABASE_UNREACHABLE',
  'ERR_DATABASE_FULL',
  'ERR_OUTCOME_UNKNOWN',
  'ERR_DELIVERY_NOT_KEPT',
  'ERR_DATABASE_ROLE_TOO_STRONG',
  'ERR_DATABASE_NOT_MIGRATED',
  'ERR_DATABASE_NEWER',
  'ERR_EMBEDDED_MISSING',
  'ERR_EMBEDDED_START',
  'ERR_EMBEDDED_FOLDER',
  'ERR_RULES_WRONG',
  'ERR_SETTING_OUT_OF_BOUNDS',
  'ERR_NOT_FOUND',
  'ERR_PLAN_NOT_HELD',
  'ERR_PLAN_OUTDATED',
  'ERR_NOT_UNDOABLE',
  'ERR_NOT_POSSIBLE',
  'ERR_LOCKED',
  'ERR_TAKEN',
  'ERR_DELIVERY_GONE',
  'ERR_RUN_CUT_OFF',
  'ERR_FOLDER_NOT_SHARED',
  'ERR_BACKUP_NOT_MADE',
  'ERR_BACKUP_DAMAGED',
  'ERR_NOT_EMPTY',
  'ERR_RESTORE_UNFINISHED',
  'ERR_SITE_BUSY',
  'ERR_SECRET_UNREADABLE',
  'ERR_MAIL_NOT_SET_UP',
  'ERR_MAIL_NOT_SENT',
  'ERR_WEBHOOK_REFUSED',
  'ERR_PASSWORD_REFUSED',
  'ERR_KEY_REFUSED',
  'ERR_PORT_UNUSABLE',
  'ERR_COLLECTOR_WRONG',
  'ERR_FETCH_UNREACHABLE',
  'ERR_FETCH_NOT_TRUSTED',
  'ERR_FETCH_SIGN_IN',
  'ERR_FETCH_FAILED',
  'ERR_FETCH_LIMIT',
  'ERR_FETCH_PRIVATE',
  'ERR_PROGRAM_FAILED',
  'ERR_SIGN_IN_REFUSED',
  'ERR_NOT_ALLOWED',
  'ERR_WATCHED_FOLDER',
  'ERR_SECOND_PERSON',
  'ERR_PART_OFF',
  'ERR_USAGE',
  'ERR_INTERNAL',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

/** A broken operation: a stable code, what happened, and a hint for whoever must act. Never holds personal data. */
export class RollcallError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'RollcallError'
    this.code = code
    this.hint = options.hint
  }
}

/** The code of whatever was thrown; of what has none, ERR_INTERNAL. */
export function codeOf(thrown: unknown): string {
  if (thrown instanceof RollcallError) return thrown.code
  const { code } = (thrown ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? code : 'ERR_INTERNAL'
}
