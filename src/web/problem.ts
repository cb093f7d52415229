import { RollcallError, type ErrorCode } from '../errors.ts'

export type ProblemStatus =
  400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 507

/** A refusal as RFC 9457 has it. Nothing in it is personal. */
export interface HttpProblem {
  readonly type: string
  readonly title: string
  readonly status: ProblemStatus
  readonly code: string
  readonly detail?: string
  readonly hint?: string
  /** What is wrong with the request, by place. */
  readonly faults?: readonly { readonly at: string; readonly says: string }[]
}

export const PROBLEM_TYPE = 'application/problem+json'

const STATUS: { readonly [code in ErrorCode]?: ProblemStatus } = {
  ERR_USAGE: 422,
  ERR_RULES_WRONG: 422,
  ERR_SETTING_OUT_OF_BOUNDS: 422,
  ERR_NOT_FOUND: 404,
  ERR_PLAN_NOT_HELD: 409,
  ERR_PLAN_OUTDATED: 409,
  ERR_NOT_UNDOABLE: 409,
  ERR_NOT_POSSIBLE: 409,
  ERR_LOCKED: 409,
  ERR_TAKEN: 409,
  ERR_NOT_ALLOWED: 403,
  ERR_SECOND_PERSON: 409,
  ERR_PART_OFF: 409,
  ERR_PASSWORD_REFUSED: 422,
  ERR_WEBHOOK_REFUSED: 422,
  ERR_MAIL_NOT_SET_UP: 409,
  ERR_KEY_REFUSED: 422,
  ERR_COLLECTOR_WRONG: 422,
  ERR_FETCH_PRIVATE: 403,
  ERR_FETCH_UNREACHABLE: 502,
  ERR_FETCH_NOT_TRUSTED: 502,
  ERR_FETCH_SIGN_IN: 502,
  ERR_FETCH_FAILED: 502,
  ERR_FETCH_LIMIT: 502,
  ERR_PROGRAM_FAILED: 502,
  ERR_DELIVERY_GONE: 409,
  ERR_SITE_BUSY: 503,
  ERR_DATABASE_UNREACHABLE: 503,
  ERR_DATABASE_FULL: 507,
  ERR_DELIVERY_NOT_KEPT: 507,
}

/** Any error as a problem; what is not ours says nothing but that something went wrong. */
export function problemOf(error: unknown): HttpProblem {
  if (!(error instanceof RollcallError)) {
    return problem(500, 'ERR_INTERNAL', 'Something went wrong inside the program')
  }
  const { code, message, hint } = error
  return problem(STATUS[code] ?? 500, code, message, hint === undefined ? {} : { hint })
}

export function problem(
  status: ProblemStatus,
  code: string,
  title: string,
  more: Pick<HttpProblem, 'detail' | 'hint' | 'faults'> = {},
): HttpProblem {
  return { type: 'about:blank', title, status, code, ...more }
}
