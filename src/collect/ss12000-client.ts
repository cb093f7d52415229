import { z } from 'zod'
import { RollcallError } from '../errors.ts'
import type { Job } from './contract.ts'
import { failure } from './failure.ts'
import { answerFailure } from './http.ts'
import { ANSWER_BYTES_MAX, PAGES_BYTES_MAX, PAGES_MAX } from './limits.ts'
import { asked, textOf } from './web-request.ts'

/** Attempts of one request, and seconds before the second; the wait doubles. */
const ATTEMPTS = 4
const RETRY_SECONDS = 2
/** Seconds that a server may ask us to wait. */
const WAIT_SECONDS_MAX = 120
const TOO_MANY = 429
const MAY_PASS: readonly number[] = [TOO_MANY, 500, 502, 503, 504]

/** An interface that is signed in to. */
export interface Interface {
  /** All entries of one kind, page by page. Another kind of entry than was asked for, or half of them, throws. */
  readonly all: <T>(
    resource: string,
    schema: z.ZodType<T>,
    query?: { readonly [name: string]: string },
  ) => Promise<T[]>
  /** One page, to see whether it works. */
  readonly first: (resource: string) => Promise<number>
  /** Ids by kind, of what was deleted after a moment. */
  readonly deletedAfter: (moment: Date) => Promise<ReadonlySet<string>>
}

const tokenAnswer = z.object({
  access_token: z
    .string()
    .min(1)
    .max(64 * 1024),
})

/** @throws RollcallError where no token is given. */
export async function signedIn(job: Job<'ss12000'>): Promise<Interface> {
  const { settings, deadline, say, wait, now } = job
  let token = await tokenOf(job)
  say('sign in', token === undefined ? 'without a token' : 'there is a token')
  let bytes = 0
  let next = 0

  const paced = async (): Promise<void> => {
    const due = Math.max(next, now().getTime())
    next = due + 1000 / settings.requestsPerSecond
    if (due > now().getTime()) await wait(due - now().getTime())
    deadline.alive()
  }
  const page = async (
    resource: string,
    query: { readonly [name: string]: string },
  ): Promise<unknown> => {
    const url = new URL(`${settings.url.replace(/\/$/, '')}/${resource}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    for (let attempt = 1; ; attempt++) {
      await paced()
      const said = await get(job, url, token).catch((error: unknown) => {
        const mayPass = error instanceof RollcallError && error.code === 'ERR_FETCH_UNREACHABLE'
        if (attempt >= ATTEMPTS || !mayPass) throw error
      })
      if (said?.status === 200) {
        bytes += said.text.length
        if (bytes > PAGES_BYTES_MAX) {
          const what = `all pages together are larger than ${PAGES_BYTES_MAX} bytes`
          throw failure('ERR_FETCH_LIMIT', 'fetch', what)
        }
        return parsed(said.text)
      }
      // A token may end while we read.
      const isStale = said?.status === 401 && settings.tokenUrl !== undefined && attempt === 1
      if (isStale) token = await tokenOf(job)
      else if (said !== undefined && (attempt >= ATTEMPTS || !MAY_PASS.includes(said.status))) {
        throw answerFailure(said.status)
      } else await waited(job, said?.retryAfter ?? RETRY_SECONDS * 2 ** (attempt - 1))
    }
  }
  const pages = async function* (
    resource: string,
    query: { readonly [name: string]: string },
  ): AsyncGenerator<{ [name: string]: unknown }> {
    const seen = new Set<string>()
    for (let pageToken: string | undefined; ;) {
      const more = pageToken === undefined ? {} : { pageToken }
      const answer = await page(resource, { ...query, limit: `${settings.pageSize}`, ...more })
      if (typeof answer !== 'object' || answer === null) throw notUnderstood(resource)
      yield answer as { [name: string]: unknown }
      const following = (answer as { pageToken?: unknown }).pageToken
      if (following === undefined || following === null || following === '') return
      // A server that sends us round in a circle would otherwise be read for ever.
      if (typeof following !== 'string' || seen.has(following)) throw notUnderstood(resource)
      if (seen.size >= PAGES_MAX) {
        throw failure('ERR_FETCH_LIMIT', 'fetch', `${resource}: more than ${PAGES_MAX} pages`)
      }
      seen.add(following)
      pageToken = following
    }
  }
  return {
    async all(resource, schema, query = {}) {
      deadline.at('fetch')
      const entries: z.output<typeof schema>[] = []
      for await (const answer of pages(resource, query)) {
        const result = z.array(schema).safeParse(entriesOf(answer, resource))
        if (!result.success) throw notUnderstood(resource, result.error.issues[0]?.path)
        for (const entry of result.data) entries.push(entry)
      }
      say('fetch', `${resource}: ${entries.length}`)
      return entries
    },
    async first(resource) {
      const answer = await page(resource, { limit: '1' })
      if (typeof answer !== 'object' || answer === null) throw notUnderstood(resource)
      const entries = entriesOf(answer as { [name: string]: unknown }, resource)
      return Array.isArray(entries) ? entries.length : 0
    },
    async deletedAfter(moment) {
      const ids = new Set<string>()
      for await (const { data } of pages('deletedEntities', { after: moment.toISOString() })) {
        const kinds = z.record(z.string(), z.array(z.string())).safeParse(data)
        if (!kinds.success) throw notUnderstood('deletedEntities')
        for (const each of Object.values(kinds.data)) for (const id of each) ids.add(id)
      }
      return ids
    },
  }
}

/** The list of a page: `data`, or as one reference server has it, named like the resource; or the answer itself. */
function entriesOf(answer: { [name: string]: unknown }, resource: string): unknown {
  return Array.isArray(answer) ? answer : (answer['data'] ?? answer[resource])
}

interface Said {
  readonly status: number
  readonly text: string
  readonly retryAfter: number | undefined
}

async function get(
  { settings, secrets, deadline, reach }: Job<'ss12000'>,
  url: URL,
  token: string | undefined,
): Promise<Said> {
  const answer = await asked({
    url: url.href,
    method: 'GET',
    headers: {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    settings,
    secrets,
    deadline,
    reach,
    isFollowed: false,
  })
  deadline.at('fetch')
  const text = await textOf(answer, ANSWER_BYTES_MAX, deadline.alive)
  const said = answer.headers['retry-after'] ?? ''
  return {
    status: answer.status,
    text,
    retryAfter: /^\d{1,6}$/.test(said) ? Number(said) : undefined,
  }
}

/** A token that is set, or one that is asked for with client credentials (RFC 6749, 4.4); none where neither is set. */
async function tokenOf({
  settings,
  secrets,
  deadline,
  reach,
}: Job<'ss12000'>): Promise<string | undefined> {
  const { tokenUrl, clientId = '', scope } = settings
  if (tokenUrl === undefined) return secrets['token']
  deadline.at('sign in')
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(secrets['clientSecret'] ?? '')}`
  const answer = await asked({
    url: tokenUrl,
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === undefined ? {} : { scope }),
    }).toString(),
    settings,
    secrets,
    deadline,
    reach,
    isFollowed: false,
  })
  deadline.at('sign in')
  const text = await textOf(answer, ANSWER_BYTES_MAX, deadline.alive)
  if (answer.status !== 200) {
    throw failure('ERR_FETCH_SIGN_IN', 'sign in', `no token was given (${answer.status})`, {
      hint: 'Are clientId, clientSecret, scope and tokenUrl right?',
    })
  }
  const result = tokenAnswer.safeParse(parsed(text))
  if (result.success) return result.data.access_token
  throw failure('ERR_FETCH_SIGN_IN', 'sign in', 'the answer holds no token')
}

/** Second by second, so that it is not taken for a hanging server. */
async function waited({ wait, deadline }: Job<'ss12000'>, seconds: number): Promise<void> {
  if (seconds > WAIT_SECONDS_MAX) {
    const what = `the server asks to wait ${seconds} s, at most ${WAIT_SECONDS_MAX} are waited`
    throw failure('ERR_FETCH_UNREACHABLE', 'fetch', what)
  }
  for (let second = 0; second < seconds; second++) {
    await wait(1000)
    deadline.alive()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The engine quotes what it read: no cause.
    throw failure('ERR_FETCH_FAILED', 'fetch', 'an answer is not JSON')
  }
}

function notUnderstood(resource: string, path: readonly PropertyKey[] = []): RollcallError {
  const where = path.filter((part) => typeof part === 'string').join('.')
  const what = `${resource}${where === '' ? '' : `, ${where}`}: not what SS12000:2020 has there`
  return failure('ERR_FETCH_FAILED', 'fetch', what, { hint: 'Nothing was delivered.' })
}
