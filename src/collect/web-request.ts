import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Deadline } from './deadline.ts'
import { connectionFailure, failure } from './failure.ts'
import { CODING_FREE_BYTES, CODING_RATIO_MAX, REDIRECTS_MAX } from './limits.ts'
import type { Reach } from './reach.ts'

/** A request to a web server. */
export interface Asking {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: { readonly [name: string]: string }
  readonly body?: string
  readonly settings: {
    readonly allowPlain: boolean
    readonly ca?: string | undefined
    readonly clientCertificate?: string | undefined
  }
  readonly secrets: { readonly [name: string]: string }
  readonly deadline: Deadline
  readonly reach: Reach
  /** Whether redirects are followed; else they are answers like others. */
  readonly isFollowed: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly url: URL
  readonly body: Readable
  /** Breaks the connection off, read or not. */
  readonly end: () => void
}

/**
 * Asks, and follows redirects that stay with the web and as secure as they began. What signs us in goes to the host that
 * was set and to nobody else.
 */
export async function asked(asking: Asking): Promise<Answer> {
  const first = new URL(asking.url)
  let url = first
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const answer = await askedOnce(asking, url, url.origin === first.origin)
    const { location } = answer.headers
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status)
    if (!isRedirect || !asking.isFollowed || location === undefined) return answer
    answer.end()
    url = redirected(url, location)
  }
  throw failure('ERR_FETCH_LIMIT', 'fetch', `more than ${REDIRECTS_MAX} redirects`)
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined
  const isSame =
    to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:')
  if (to === undefined || !isSame || to.username !== '') {
    const what = `it redirects to ${to?.protocol ?? 'something'} from ${from.protocol}`
    throw failure('ERR_FETCH_NOT_TRUSTED', 'trust', what, {
      hint: 'Set the address that is meant in the end.',
    })
  }
  return to
}

async function askedOnce(
  { settings, secrets, deadline, reach, method, headers, body }: Asking,
  url: URL,
  isOwn: boolean,
): Promise<Answer> {
  const isTls = url.protocol === 'https:'
  if (!isTls && !settings.allowPlain) {
    const hint = 'Use https, or set allowPlain=yes if everybody on the way may read and change it.'
    throw failure('ERR_FETCH_NOT_TRUSTED', 'trust', 'http is not encrypted', { hint })
  }
  deadline.at('connect')
  const address = await reach(url.hostname)
  const { ca, clientCertificate } = settings
  const { clientKey, passphrase } = secrets
  const ours =
    isOwn && clientCertificate !== undefined
      ? { cert: clientCertificate, key: clientKey, passphrase }
      : {}
  const { authorization: _, ...others } = headers
  const options: https.RequestOptions = {
    method,
    headers: { ...(isOwn ? headers : others), 'accept-encoding': 'gzip, deflate, br, identity' },
    agent: false,
    ...(address === undefined ? {} : { lookup: lookupOf(address) }),
    ...(isTls ? { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }), ...ours } : {}),
  }
  return new Promise<Answer>((resolve, reject) => {
    let request: http.ClientRequest
    try {
      request = (isTls ? https : http).request(url, options)
    } catch (cause) {
      const what = 'certificate or key cannot be read'
      reject(failure('ERR_COLLECTOR_WRONG', 'settings', what, { cause }))
      return
    }
    const end = (): void => {
      request.destroy()
    }
    deadline.onEnd(end)
    request.on('error', (error) => reject(connectionFailure(error, 'connect')))
    request.on('response', (response) => {
      deadline.alive()
      const { statusCode: status = 0, headers: answered } = response
      // Once it is broken off nobody listens.
      response.on('error', () => {})
      resolve({ status, headers: answered, url, body: response, end })
    })
    request.end(body)
  })
}

/** What a connection asks for the address of its host: the one that was looked at. */
function lookupOf(address: string): NonNullable<https.RequestOptions['lookup']> {
  const family = isIP(address)
  return (_, { all }, done) => {
    if (all === true) done(null, [{ address, family }])
    else done(null, address, family)
  }
}

/** Where the content of an answer goes. */
export interface Outlet {
  readonly bytes: number
  readonly stream: (onChunk: () => void) => Writable
}

/** The text of an answer that is not a delivery. */
export async function textOf(answer: Answer, bytesMax: number, alive: () => void): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  const outlet: Outlet = {
    get bytes() {
      return bytes
    },
    stream: (onChunk) =>
      new Writable({
        write(chunk: Buffer, _, done) {
          bytes += chunk.length
          chunks.push(chunk)
          try {
            onChunk()
            if (bytes > bytesMax) {
              throw failure(
                'ERR_FETCH_LIMIT',
                'fetch',
                `an answer is larger than ${bytesMax} bytes`,
              )
            }
            done()
          } catch (error) {
            done(error as Error)
          }
        },
      }),
  }
  await contentOf(answer, outlet, bytesMax, alive)
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * Reads an answer into a file, without its content coding. Counted while it comes, whatever it says of itself.
 * @throws RollcallError ERR_FETCH_LIMIT for what is too large or shrinks too well, ERR_FETCH_FAILED when it breaks off.
 */
export async function contentOf(
  answer: Answer,
  into: Outlet,
  bytesMax: number,
  alive: () => void,
): Promise<void> {
  const said = Number(answer.headers['content-length'] ?? 0)
  if (said > bytesMax) {
    answer.end()
    throw failure(
      'ERR_FETCH_LIMIT',
      'fetch',
      `it says ${said} bytes, at most ${bytesMax} are taken`,
    )
  }
  let came = 0
  const count = (bytes: number): void => {
    came += bytes
    alive()
  }
  answer.body.on('data', (chunk: Buffer) => count(chunk.length))
  const check = (): void => {
    if (into.bytes > CODING_FREE_BYTES && into.bytes > CODING_RATIO_MAX * came) {
      const what = `${into.bytes} bytes were unpacked from ${came}`
      throw failure('ERR_FETCH_LIMIT', 'fetch', what)
    }
  }
  try {
    const decoder = decoderFor(answer.headers['content-encoding'])
    const file = into.stream(check)
    await (decoder === undefined
      ? pipeline(answer.body, file)
      : pipeline(answer.body, decoder, file))
  } catch (error) {
    throw connectionFailure(error, 'fetch')
  } finally {
    answer.end()
  }
}

function decoderFor(coding = 'identity') {
  switch (coding.trim().toLowerCase()) {
    case 'identity':
    case '':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      throw failure('ERR_FETCH_FAILED', 'fetch', 'it sends a content coding that is not known')
  }
}
