import { createHash } from 'node:crypto'
import { RollcallError } from '../errors.ts'
import { inPlace } from '../store/place.ts'
import { giveKeyBack, type KeyedRequest, noteAnswer, takeKey } from '../store/requests.ts'
import { WEB_LIMITS } from './limits.ts'
import type { Answer, Asked } from './operation.ts'
import { type HttpProblem, problem } from './problem.ts'

const HOUR_MS = 60 * 60 * 1000

/** The answer, or why there is none; `again` where the request had been done before. */
export type Once = (Answer & { readonly again?: true }) | { readonly refusal: HttpProblem }

/**
 * Does a request once per key of a caller. The same key again gives the same answer, without what is shown once; for something
 * else it is refused, and so it is while nobody knows how the first one ended. A request that is refused or breaks off gives its
 * key back.
 */
export async function once(
  { database, site, caller, now }: Asked,
  { key, asked }: { readonly key: string; readonly asked: string },
  work: () => Promise<Answer>,
  answerOfRun: (run: number) => Promise<Answer['body']>,
): Promise<Once> {
  const fingerprint = createHash('sha256').update(asked).digest()
  const request: KeyedRequest = { caller: caller.id, key, fingerprint }
  const at = now().getTime()
  const when = {
    now: new Date(at).toISOString(),
    since: new Date(at - WEB_LIMITS.idempotencyHours * HOUR_MS).toISOString(),
  }
  const known = await inPlace(database, site.id, (session) =>
    takeKey(session, site.id, request, when),
  )
  if (known !== undefined) {
    if (!known.same) {
      const says = 'The idempotency key was used for something else'
      return { refusal: problem(422, 'IDEMPOTENCY_KEY_REUSED', says) }
    }
    if (known.status === null) {
      return {
        refusal: problem(
          409,
          'IDEMPOTENCY_KEY_BUSY',
          'The same request is under way, or broke off',
          {
            hint: 'Look at the list of runs whether it was done, before it is sent under another key.',
          },
        ),
      }
    }
    const status = known.status as Answer['status']
    const body = known.runId === null ? (known.answer ?? {}) : await answerOfRun(known.runId)
    return { status, body, again: true }
  }
  try {
    const answer = await work()
    const { status, run, body, kept = body } = answer
    const noted = { status, runId: run ?? null, answer: run === undefined ? kept : null }
    await inPlace(database, site.id, (session) => noteAnswer(session, site.id, request, noted))
    return answer
  } catch (error) {
    // Our own errors take everything back; after any other nobody can tell, and the key stays taken.
    if (error instanceof RollcallError && error.code !== 'ERR_DATABASE_UNREACHABLE') {
      await inPlace(database, site.id, (session) => giveKeyBack(session, site.id, request))
    }
    throw error
  }
}
