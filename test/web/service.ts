import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { createToken } from '../../src/access/tokens.ts'
import type { Scope } from '../../src/access/actor.ts'
import { DEFAULT_READ_LIMITS, type ReadLimits } from '../../src/ims/limits.ts'
import type { MailSettings } from '../../src/mail/settings.ts'
import type { Database } from '../../src/store/connect.ts'
import { type Sealing, sealing } from '../../src/store/sealed.ts'
import { openLog } from '../../src/log.ts'
import { sourceFigures } from '../../src/store/operating-figures.ts'
import { tokens } from '../../src/web/authenticate.ts'
import { startWeb } from '../../src/web/listen.ts'
import type { WebLimits } from '../../src/web/limits.ts'
import type { Feeds } from '../../src/web/operation.ts'
import { OPERATIONS } from '../../src/web/routes/all.ts'
import type { TestSite } from '../import/site.ts'

export interface Service {
  readonly url: string
  /** Lines of its log, as JSON. */
  readonly log: string[]
  /** Sites that a delivery came for. */
  readonly arrived: number[]
  token(site: TestSite | 0, scopes: readonly Scope[], sourceId?: number): Promise<string>
  call(
    token: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: Answered; headers: Headers }>
}

export interface Answered {
  readonly [name: string]: unknown
}

export interface ServiceOptions {
  readonly limits?: Partial<ReadLimits>
  readonly metricsToken?: string
  readonly mail?: MailSettings
  readonly mayCallPrivate?: boolean
  readonly sealing?: Sealing
  readonly feeds?: Partial<Feeds>
  readonly webLimits?: Partial<WebLimits>
  readonly behindProxy?: boolean
}

const NO_MAIL: MailSettings = { smtp: undefined, from: undefined, folder: undefined }

/** Processes of one installation have one key. */
const keyFolder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-service-'))
after(() => rmSync(keyFolder, { recursive: true }))
let made = 0

/** The service over HTTP on a free port, for as long as the tests of a file run. */
export async function startService(
  database: Database,
  deliveriesFolder: string,
  { limits = {}, metricsToken, mail = NO_MAIL, ...how }: ServiceOptions = {},
): Promise<Service> {
  const log: string[] = []
  const arrived: number[] = []
  const now = (): Date => new Date()
  const listening = await startWeb({
    database,
    deliveriesFolder,
    limits: { ...DEFAULT_READ_LIMITS, ...limits },
    mail,
    calls: {
      sealing: how.sealing ?? sealing({ key: undefined, keyFile: path.join(keyFolder, 'key') }),
      mayCallPrivate: how.mayCallPrivate === true,
    },
    ...(how.webLimits === undefined ? {} : { webLimits: how.webLimits }),
    feeds: {
      programs: () => new Map(),
      mayReachPrivate: false,
      dropBox: { port: undefined, host: '::' },
      ...how.feeds,
    },
    now,
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    behindProxy: how.behindProxy === true,
    version: '0.0.0',
    operations: OPERATIONS,
    authenticate: tokens(database, now),
    onArrival: (siteId) => void arrived.push(siteId),
    health: { ready: () => database.operator(async () => {}) },
    metrics: { figures: () => database.operator(sourceFigures), token: metricsToken },
    log: openLog('debug', { write: (line) => void log.push(line) }),
  })
  after(() => listening.stop(1_000))
  return {
    url: listening.url,
    log,
    arrived,
    async token(site, scopes, sourceId) {
      const of = {
        siteId: site === 0 ? 0 : site.siteId,
        name: `token ${++made}`,
        sourceId: sourceId ?? null,
        scopes,
        expiresAt: null,
      }
      return (await createToken(database, of, now())).token
    },
    async call(token, method, path, body, headers = {}) {
      const response = await fetch(`${listening.url}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined || Buffer.isBuffer(body)
            ? {}
            : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const parsed = text.startsWith('{') ? (JSON.parse(text) as Answered) : { text }
      return { status: response.status, body: parsed, headers: response.headers }
    },
  }
}
