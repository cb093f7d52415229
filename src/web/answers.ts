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

export function refuse(context: Context<WebEnv>, refusal: HttpProblem): Response {
  return context.body(JSON.stringify(refusal), refusal.status, { 'Content-Type': PROBLEM_TYPE })
}
