import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Caller } from './operation.ts'
import { PROBLEM_TYPE, type HttpProblem } from './problem.ts'

/** What a request carries with it while it is answered. */
export interface WebEnv {
  Bindings: HttpBindings
  Variables: {
    /** Where it comes from, as far as that is known. */
    address: string
    /** Of this request, for logs and for whoever asks about it. */
    requestId: string
    /** Set once authenticated. */
    caller: Caller
  }
}

/**
 * A request has come whole: its connection is not idle for want of the client, however long the answer takes. The next request
 * on it has its limits again.
 */
export function answerTakesItsTime(context: Context<WebEnv>): void {
  const { incoming } = context.env as Partial<HttpBindings>
  incoming?.socket.setTimeout(0)
}

export function refuse(context: Context<WebEnv>, refusal: HttpProblem): Response {
  return context.body(JSON.stringify(refusal), refusal.status, { 'Content-Type': PROBLEM_TYPE })
}
