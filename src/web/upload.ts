import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream, globSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Context } from 'hono'
import { audited } from '../access/audit.ts'
import { RollcallError } from '../errors.ts'
import { arrivingFolder, takeIn } from '../import/arrivals.ts'
import { removeLeftParts } from '../import/left-parts.ts'
import { INSTALLATION } from '../store/connect.ts'
import { DEFAULT_NAME, listSources, siteById, sourceNamed, type Source } from '../store/sites.ts'
import { answerTakesItsTime, refuse, type WebEnv } from './answers.ts'
import { once } from './idempotency.ts'
import { webLimits } from './limits.ts'
import type { Asked, Caller, ServedBy } from './operation.ts'
import { type HttpProblem, problem } from './problem.ts'
import { mayNot, NO_SITE, ownSource, siteFor } from './serve-operations.ts'

/** Names of uploads that are under way begin so; what a killed process left of them is never a delivery. */
export const UPLOAD_PART = '.part-api-'

/** An upload that brings nothing for a minute is ended: what lies for an hour is nobody's any more. */
const LEFT_OVER_MS = 60 * 60 * 1000
const FILE_NAME_MAX = 200

/** Removes what processes that were killed left of uploads. */
export function removeLeftOvers(deliveriesFolder: string, now: Date): void {
  for (const arriving of globSync('*/arriving', { cwd: deliveriesFolder })) {
    removeLeftParts(path.join(deliveriesFolder, arriving), UPLOAD_PART, LEFT_OVER_MS, now)
  }
}

/**
 * `POST /api/deliveries`: the bytes of a delivery as the body. They are a delivery once all have come, are on disk, and match
 * `Content-Digest` where the sender gave one.
 */
export class Uploads {
  readonly #by: ServedBy
  readonly #underWay = new Map<string, number>()

  constructor(by: ServedBy) {
    this.#by = by
  }

  async take(context: Context<WebEnv>): Promise<Response> {
    const caller = context.get('caller')
    const { database } = this.#by
    const site = await siteFor(database, caller, await siteNameOf(this.#by, caller, context))
    const barred = site === undefined ? NO_SITE : mayNot(caller, 'deliver', site.id)
    if (site === undefined || barred !== undefined) return refuse(context, barred ?? NO_SITE)
    const source = await sourceFor(this.#by, site.id, caller, context.req.query('source'))
    if ('refusal' in source) return refuse(context, source.refusal)
    const { deliveryBytesMax } = this.#by.limits
    const declared = Number(context.req.header('content-length') ?? 0)
    if (declared > deliveryBytesMax) return refuse(context, tooLong(deliveryBytesMax))
    const running = this.#underWay.get(caller.id) ?? 0
    const { uploadsMax } = webLimits(this.#by)
    if (running >= uploadsMax) {
      context.header('Retry-After', '30')
      const hint = `At most ${uploadsMax} at a time.`
      return refuse(context, problem(429, 'TOO_MANY_REQUESTS', 'Too many uploads', { hint }))
    }
    this.#underWay.set(caller.id, running + 1)
    try {
      return await this.#receive(context, { ...this.#by, site, caller }, source.source)
    } finally {
      this.#underWay.set(caller.id, (this.#underWay.get(caller.id) ?? 1) - 1)
    }
  }

  async #receive(context: Context<WebEnv>, asked: Asked, source: Source): Promise<Response> {
    const { site, caller, database, deliveriesFolder, now } = asked
    const folder = arrivingFolder(deliveriesFolder, site.id)
    const file = path.join(folder, `${UPLOAD_PART}${randomUUID()}`)
    try {
      const written = await write(context, file, asked.limits.deliveryBytesMax)
      if ('refusal' in written) return refuse(context, written.refusal)
      answerTakesItsTime(context)
      const { sha256, bytes } = written
      const fileName = fileNameOf(context)
      const work = async (): Promise<{
        status: 202
        body: { arrival: number; bytes: number; sha256: string }
      }> => {
        const coming = {
          sourceId: source.id,
          channel: 'api' as const,
          sender: caller.sender,
          fileName,
        }
        const of = { database, siteId: site.id, deliveriesFolder, file, now }
        const action = {
          database,
          siteId: site.id,
          actor: caller.actor,
          action: 'api deliver',
          now,
        }
        const told = { source: source.name, fileName, bytes, sha256 }
        const arrival = await audited(
          { ...action, values: { told } },
          () => takeIn({ ...of, ...coming }),
          (number) => ({ arrival: number }),
        )
        this.#by.onArrival(site.id)
        return { status: 202, body: { arrival, bytes, sha256 } }
      }
      const key = context.req.header('idempotency-key')
      const asking = { key: key ?? '', asked: JSON.stringify(['deliver', source.id, sha256]) }
      const answer = key ? await once(asked, asking, work, () => Promise.resolve({})) : await work()
      if ('refusal' in answer) return refuse(context, answer.refusal)
      return context.json(answer.body, answer.status)
    } finally {
      rmSync(file, { force: true })
    }
  }
}

type Written =
  { readonly sha256: string; readonly bytes: number } | { readonly refusal: HttpProblem }

/** Writes the body to a file; refuses one that is empty, too long, cut short or not what its digest says. */
async function write(context: Context<WebEnv>, file: string, bytesMax: number): Promise<Written> {
  const { body } = context.req.raw
  if (body === null) return { refusal: problem(422, 'DELIVERY_EMPTY', 'There is no delivery') }
  const hash = createHash('sha256')
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      bytes += chunk.length
      hash.update(chunk)
      pass(bytes > bytesMax ? new TooLong() : null, chunk)
    },
  })
  try {
    const came = Readable.fromWeb(body)
    await pipeline(came, counted, createWriteStream(file, { mode: 0o600, flags: 'wx' }))
  } catch (error) {
    if (error instanceof TooLong) return { refusal: tooLong(bytesMax) }
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new RollcallError('ERR_DELIVERY_NOT_KEPT', 'the disk is full', { cause: error })
    }
    return { refusal: problem(400, 'DELIVERY_CUT', 'The delivery did not come whole') }
  }
  if (bytes === 0) return { refusal: problem(422, 'DELIVERY_EMPTY', 'There is no delivery') }
  const declared = context.req.header('content-length')
  if (declared !== undefined && Number(declared) !== bytes) {
    return { refusal: problem(400, 'DELIVERY_CUT', 'The delivery did not come whole') }
  }
  const sum = hash.digest()
  const claimed = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(
    context.req.header('content-digest') ?? '',
  )
  if (claimed !== null && claimed[1] !== sum.toString('base64')) {
    const says = 'The delivery is not what Content-Digest says'
    return { refusal: problem(422, 'DIGEST_DIFFERS', says) }
  }
  return { sha256: sum.toString('hex'), bytes }
}

class TooLong extends Error {}

function tooLong(bytesMax: number): HttpProblem {
  return problem(413, 'DELIVERY_TOO_LONG', `A delivery may have ${bytesMax} bytes`)
}

/** The file's name as the sender gives it, for people only: it is never a path. */
export function fileNameOf(context: Pick<Context<WebEnv>, 'req'>): string {
  const given =
    context.req.query('fileName') ??
    /filename="?([^";]+)"?/i.exec(context.req.header('content-disposition') ?? '')?.[1] ??
    'delivery.xml'
  const name = path.posix.basename(given.replaceAll('\\', '/')).replaceAll(/\p{Cc}/gu, '')
  return name.slice(0, FILE_NAME_MAX) || 'delivery.xml'
}

/** The site that is asked for, or the token's own. */
async function siteNameOf(
  { database }: ServedBy,
  { actor }: Caller,
  context: Context<WebEnv>,
): Promise<string> {
  const asked = context.req.query('site')
  if (asked !== undefined) return asked
  const own = actor.kind === 'token' ? actor.siteId : INSTALLATION
  if (own === INSTALLATION) return DEFAULT_NAME
  return (await siteById(database, own))?.name ?? ''
}

async function sourceFor(
  { database }: ServedBy,
  siteId: number,
  caller: Caller,
  asked: string | undefined,
): Promise<{ readonly source: Source } | { readonly refusal: HttpProblem }> {
  const { sourceId } = ownSource(caller)
  const sources = await listSources(database, siteId)
  if (asked === undefined) {
    const own = sources.find(({ id }) => id === sourceId)
    const source = own ?? (sources.length === 1 ? sources[0] : undefined)
    if (source !== undefined) return { source }
    const hint = `There are: ${sources.map(({ name }) => name).join(', ')}.`
    return { refusal: problem(422, 'SOURCE_MISSING', 'Say which source: ?source=NAME', { hint }) }
  }
  const source = await sourceNamed(database, siteId, asked)
  if (sourceId === undefined || sourceId === source.id) return { source }
  return { refusal: problem(403, 'FORBIDDEN', 'This token delivers to another source') }
}
