import { createHmac } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { RollcallError } from '../errors.ts'
import { isLoopback, isPrivate } from '../private-address.ts'
import { type Span, spanned } from '../spans.ts'
import type { Database } from '../store/connect.ts'
import type { Sealing } from '../store/sealed.ts'
import { claimCall, noteCall, sitesWithDueCalls, type WebhookCall } from '../store/webhooks.ts'
import { momentOf } from './formats.ts'
import { nextAttempt } from './settings.ts'

/** How webhooks are called. */
export interface CallSettings {
  readonly sealing: Sealing
  /** Addresses of private networks may be called, too. */
  readonly mayCallPrivate: boolean
}

/** What secrets of webhooks are sealed for. */
export const WEBHOOK_PURPOSE = 'webhook'
/** Milliseconds that a call may take, from looking the name up to the answer's head. */
export const CALL_MS_MAX = 15_000
/** Calls of one pass. */
const CALLS_OF_A_PASS_MAX = 500

interface Pass {
  readonly database: Database
  readonly settings: CallSettings
  readonly now: () => Date
}

/** Makes every call that is due, of all sites or one. Each is held by its row meanwhile, so that processes share the work. */
export async function callDue(
  pass: Pass,
  siteId?: number,
): Promise<{ sent: number; failed: number }> {
  const { database, now } = pass
  const sites =
    siteId === undefined
      ? await database.operator((session) => sitesWithDueCalls(session, now().toISOString()))
      : [siteId]
  const count = { sent: 0, failed: 0 }
  for (const site of sites) {
    while (count.sent + count.failed < CALLS_OF_A_PASS_MAX) {
      const isSent = await callOne(pass, site)
      if (isSent === undefined) break
      count[isSent ? 'sent' : 'failed'] += 1
    }
  }
  return count
}

function callOne({ database, settings, now }: Pass, siteId: number): Promise<boolean | undefined> {
  return database.site(siteId, async (session) => {
    const call = await claimCall(session, siteId, now().toISOString())
    if (call === undefined) return undefined
    const error = await made(call, siteId, settings, now())
    const at = now()
    if (error === undefined) {
      await noteCall(session, siteId, call.id, { sentAt: at.toISOString() })
      return true
    }
    const next = nextAttempt(call.attempts, momentOf(call.madeAt), at)
    const end =
      next === undefined ? { givenUpAt: at.toISOString() } : { nextAt: next.toISOString() }
    await noteCall(session, siteId, call.id, { error, ...end })
    return false
  })
}

/** Makes a call; gives why it failed. */
export function made(
  call: MadeCall,
  siteId: number,
  settings: CallSettings,
  now: Date,
): Promise<string | undefined> {
  const work = async (span: Span): Promise<string | undefined> => {
    const error = await madeOf(call, siteId, settings, now)
    if (error !== undefined) span.fail(error)
    return error
  }
  return spanned('webhook', { site: siteId }, work, { side: 'client' })
}

type MadeCall = Pick<WebhookCall, 'id' | 'url' | 'secret' | 'body'>

async function madeOf(
  call: MadeCall,
  siteId: number,
  { sealing, mayCallPrivate }: CallSettings,
  now: Date,
): Promise<string | undefined> {
  try {
    const secret = sealing.open(call.secret, WEBHOOK_PURPOSE, siteId)
    const status = await post(call, signed(call.body, secret, now), mayCallPrivate)
    return status >= 200 && status < 300 ? undefined : `HTTP ${status}`
  } catch (error) {
    if (error instanceof RollcallError) return error.code
    const { code, name } = error as NodeJS.ErrnoException
    return code ?? name
  }
}

/** `t=SECONDS,v1=HEX`: HMAC-SHA-256 over the seconds since 1970, a dot and the body. */
export function signed(body: string, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000)
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}

/** The name is looked up here and the very address that was looked at is connected to: it cannot be another by then. */
async function post(
  { id, url, body }: Pick<WebhookCall, 'id' | 'url' | 'body'>,
  signature: string,
  mayCallPrivate: boolean,
): Promise<number> {
  const target = checkedUrl(url)
  const signal = AbortSignal.timeout(CALL_MS_MAX)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const { address, family } = await Promise.race([lookup(host), timedOut(signal)])
  const isHere = target.protocol === 'http:'
  if (isHere ? !isLoopback(address) : !mayCallPrivate && isPrivate(address)) {
    throw new RollcallError('ERR_WEBHOOK_REFUSED', 'the address is one of a private network')
  }
  return new Promise((resolve, reject) => {
    const request = (isHere ? http : https).request(
      target,
      {
        method: 'POST',
        signal,
        agent: false,
        lookup: (_, options, done) => {
          if (options.all === true) done(null, [{ address, family }])
          else done(null, address, family)
        },
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'Rollcall',
          'X-Rollcall-Call': String(id),
          'X-Rollcall-Signature': signature,
        },
      },
      (response) => {
        // A redirect is an answer like any other that is no success: it is not followed. What it says is not read.
        response.destroy()
        resolve(response.statusCode ?? 0)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Looking a name up cannot be given up by itself. */
function timedOut(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('no answer in time')))
  })
}

const URL_CHARACTERS_MAX = 2000

/**
 * The address of a webhook that is set up from elsewhere: whoever does that is not on this machine, and gets nothing called that
 * only this machine reaches. A name is looked up at each call, and there an address of a private network is refused, too.
 * @throws RollcallError ERR_WEBHOOK_REFUSED for anything but https to a public address, unless the operator allows the others
 */
export function checkedFromElsewhere(text: string, { mayCallPrivate }: CallSettings): URL {
  const url = checkedUrl(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isInside =
    url.protocol === 'http:' ||
    (isIP(host) === 0 ? /(^|\.)localhost\.?$/.test(host) : isPrivate(host))
  if (mayCallPrivate || !isInside) return url
  throw new RollcallError('ERR_WEBHOOK_REFUSED', 'this address cannot be a webhook', {
    hint: 'https: to an address of the internet. The operator may allow others: ROLLCALL_WEBHOOKS_PRIVATE.',
  })
}

/** @throws RollcallError ERR_WEBHOOK_REFUSED for what is not https, carries credentials, or is http and not this machine. */
export function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  const isHere = host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))
  const isAllowed =
    url !== undefined &&
    text.length <= URL_CHARACTERS_MAX &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isHere)) &&
    url.username === '' &&
    url.password === ''
  if (isAllowed) return url
  throw new RollcallError('ERR_WEBHOOK_REFUSED', 'this address cannot be a webhook', {
    hint: 'https:, without a user in it, at most 2,000 characters; http: only to this machine.',
  })
}
