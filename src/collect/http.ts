import type { Fetched, Fetcher, Job } from './contract.ts'
import { failure } from './failure.ts'
import type { Incoming } from './incoming.ts'
import { addressesOf } from './reach.ts'
import { type Answer, type Asking, asked, contentOf } from './web-request.ts'

const FILE_NAME = 'delivery.xml'

/** One file of a web server. */
export const httpFetcher: Fetcher<'http'> = {
  async test(job) {
    await sayWhere(job)
    const { answer, end } = await open(job, {})
    job.say('sign in', 'it lets us in')
    const length = answer.headers['content-length']
    const size = length === undefined ? 'of unknown size' : `${length} bytes`
    job.say('files', `${nameOf(answer, job)}, ${size}`)
    end()
  },
  async *fetch(job) {
    const fetched = await fetchOne(job)
    if (fetched !== undefined) yield fetched
  },
}

/** Says whom a web address leads to. */
export async function sayWhere({
  settings,
  reach,
  say,
}: Pick<Job<'http' | 'ss12000'>, 'settings' | 'reach' | 'say'>): Promise<void> {
  const { hostname, protocol } = new URL(settings.url)
  const name = hostname.replaceAll(/[[\]]/g, '')
  await reach(name)
  const found = await addressesOf(name)
  say('resolve', `${name} has ${found.length} addresses`)
  if (protocol === 'http:') say('trust', 'nothing is encrypted')
}

async function fetchOne(job: Job<'http'>): Promise<Fetched | undefined> {
  const { settings, deadline, say, open: openFile } = job
  const key = new URL(settings.url).href
  const known = job.known(key)
  const { answer, end } = await open(job, conditionOf(known?.mark))
  if (answer.status === 304) {
    end()
    say('files', 'no new version')
    return undefined
  }
  deadline.at('fetch')
  const incoming = openFile()
  try {
    await contentOf(answer, incoming, settings.bytesMax, deadline.alive)
  } catch (error) {
    incoming.discard()
    throw error
  }
  incoming.close()
  return { name: key, shown: nameOf(answer, job), mark: markOf(answer, incoming), file: incoming }
}

function open(
  { settings, secrets, deadline, reach, say }: Job<'http'>,
  condition: { readonly [header: string]: string },
): Promise<{ readonly answer: Answer; readonly end: () => void }> {
  const asking: Asking = {
    url: settings.url,
    method: 'GET',
    headers: { accept: '*/*', ...condition, ...authorization(settings.user, secrets) },
    settings,
    secrets,
    deadline,
    reach,
    isFollowed: true,
  }
  return asked(asking).then((answer) => {
    say('connect', `it answers ${answer.status}`)
    if (answer.status !== 200 && answer.status !== 304) {
      answer.end()
      throw answerFailure(answer.status)
    }
    return { answer, end: answer.end }
  })
}

function authorization(
  user: string | undefined,
  { password, token }: Job<'http'>['secrets'],
): { readonly [header: string]: string } {
  if (token !== undefined) return { authorization: `Bearer ${token}` }
  if (user === undefined) return {}
  const basic = Buffer.from(`${user}:${password ?? ''}`, 'utf8').toString('base64')
  return { authorization: `Basic ${basic}` }
}

/** What an answer other than the one that was hoped for means. */
export function answerFailure(status: number): Error {
  if (status === 401 || status === 403) {
    return failure('ERR_FETCH_SIGN_IN', 'sign in', `it answers ${status}`, {
      hint: 'Are user, password, token or certificate right, and may they read this?',
    })
  }
  if (status === 404 || status === 410) {
    return failure('ERR_FETCH_FAILED', 'files', `it answers ${status}: there is nothing there`)
  }
  return failure('ERR_FETCH_FAILED', 'fetch', `it answers ${status}`)
}

/** A mark is the tag or the time that the server gives; it is sent back to ask whether there is anything new. */
function conditionOf(mark: string | undefined): { readonly [header: string]: string } {
  if (mark?.startsWith('tag ') === true) return { 'if-none-match': mark.slice('tag '.length) }
  if (mark?.startsWith('since ') === true)
    return { 'if-modified-since': mark.slice('since '.length) }
  return {}
}

function markOf({ headers }: Answer, { sha256 }: Incoming): string {
  const { etag } = headers
  const changed = headers['last-modified']
  if (etag !== undefined) return `tag ${etag}`
  if (changed !== undefined) return `since ${changed}`
  return `hash ${sha256}`
}

/** What the file is called: by setting, by the server, by the address. Without any path. */
function nameOf({ headers, url }: Answer, { settings }: Job<'http'>): string {
  const [, quoted, plain] =
    /filename="([^"\r\n]{1,255})"|filename=([^;\s"]{1,255})/i.exec(
      headers['content-disposition'] ?? '',
    ) ?? []
  const last = url.pathname.split('/').at(-1)
  const said = settings.fileName ?? quoted ?? plain ?? (last === '' ? undefined : last)
  // oxlint-disable-next-line no-control-regex -- these are what is meant
  return said?.replaceAll(/[/\\\u0000-\u001F\u007F]/g, '_') ?? FILE_NAME
}
