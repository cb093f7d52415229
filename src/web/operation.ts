import type { z } from 'zod'
import type { Actor, Scope } from '../access/actor.ts'
import type { Programs } from '../collect/programs.ts'
import type { ReadLimits } from '../ims/limits.ts'
import type { MailSettings } from '../mail/settings.ts'
import type { CallSettings } from '../mail/webhook-post.ts'
import type { Database } from '../store/connect.ts'
import type { WebLimits } from './limits.ts'
import type { Site } from '../store/sites.ts'

/** Who calls. */
export interface Caller {
  readonly actor: Actor
  /** How deliveries, runs and decisions name him. */
  readonly sender: string
  /** Tells callers apart for rate limits and idempotency keys; short and not secret. */
  readonly id: string
}

/** What collectors and the drop box are set up with on this machine. */
export interface Feeds {
  /** Programs that the operator lets collectors run. */
  readonly programs: () => Programs
  /** Collectors that were set over the API may reach private networks. */
  readonly mayReachPrivate: boolean
  /** Where the drop box listens; without a port there is none. */
  readonly dropBox: { readonly port: number | undefined; readonly host: string }
}

/** What operations work with, beside what a request brings. */
export interface ServedBy {
  readonly database: Database
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  /** How mail leaves. */
  readonly mail: MailSettings
  /** How webhooks are called, and what secrets are sealed with. */
  readonly calls: CallSettings
  readonly feeds: Feeds
  /** Limits that are not as they normally are. */
  readonly webLimits?: Partial<WebLimits>
  /** Tells the service that a delivery came for a site. */
  readonly onArrival: (siteId: number) => void
  readonly now: () => Date
}

/** What an operation works with. */
export interface Asked extends ServedBy {
  /** Of an operation that is about no site: one of number 0, which is the installation. */
  readonly site: Site
  readonly caller: Caller
}

export interface Answer {
  readonly status: 200 | 201 | 202
  readonly body: { readonly [name: string]: unknown }
  /** The run that it made: a repeated request is answered with that run as it is then, and nothing of it is stored. */
  readonly run?: number
  /**
   * What a repeated request is answered with where the body is not to be stored: it has a secret, which is shown once, or
   * something personal.
   */
  readonly kept?: Answer['body']
}

type Shape = z.ZodObject

/** Everything about one operation of the API: how it is asked for, who may, what it does. */
export interface Operation {
  /** Its name in the OpenAPI document. */
  readonly id: string
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /**
   * What it is about, a site unless said otherwise: `installation`, for which only a token of the installation with the scope
   * administer will do, or `token`, whatever that is for.
   */
  readonly of?: 'installation' | 'token'
  /** Below `/api/sites/{site}`, or of one that is about no site below `/api`, with parameters in braces. */
  readonly path: string
  readonly tag: string
  readonly scope: Scope
  /** `reads`: it changes nothing, for all that it is a POST. `itself`: it writes into the audit log what is to stand there. */
  readonly audit?: 'reads' | 'itself'
  readonly summary: string
  readonly params?: Shape
  readonly query?: Shape
  readonly body?: Shape
  /** Values of the body that are secret: they are in no log, and no fingerprint of a request is made of them. */
  readonly secrets?: readonly string[]
  /** How often one caller may have it done; where it is left out, as often as he may ask at all. */
  readonly perMinute?: number
  /** Shape of what it answers with. */
  readonly answer: z.ZodType
  readonly run: (asked: Asked, input: Input) => Promise<Answer>
}

/** What came with a request, checked: values of the path, the query and the body under one name. */
export type Input = { readonly [name: string]: unknown }

/** What was told, with `true` in the place of each secret. */
export function withoutSecrets({ secrets = [] }: Pick<Operation, 'secrets'>, told: Input): Input {
  const given = Object.entries(told).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    given.map(([name, value]) => [name, secrets.includes(name) ? true : value]),
  )
}

interface Declared<P extends Shape, Q extends Shape, B extends Shape> extends Omit<
  Operation,
  'params' | 'query' | 'body' | 'run'
> {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly run: (asked: Asked, input: z.output<P> & z.output<Q> & z.output<B>) => Promise<Answer>
}

/** Declares an operation; what it runs gets the values that its shapes describe. */
export function operation<P extends Shape, Q extends Shape, B extends Shape>(
  declared: Declared<P, Q, B>,
): Operation {
  // The shapes that check the input are the ones that the type is made of.
  return declared as unknown as Operation
}

/** The path of an operation as a client asks for it. */
export function pathOf({ of, path }: Pick<Operation, 'of' | 'path'>): string {
  return `${of === undefined ? '/api/sites/{site}' : '/api'}${path}`
}

/** Whether it only reads: then it may be repeated as often as one likes, and stands in no log. */
export function readsOnly({
  method,
  scope,
  audit,
}: Pick<Operation, 'method' | 'scope' | 'audit'>): boolean {
  return method === 'get' || scope === 'read' || audit === 'reads'
}

/** A 200 with this body. */
export function done(body: object): Answer {
  return { status: 200, body: body as Answer['body'] }
}

/** A 200 with this body, of which only a part is stored for a request that is repeated. */
export function doneOnce(body: object, kept: object): Answer {
  return { ...done(body), kept: kept as Answer['body'] }
}

/** A 200 of something that made a run. */
export function ran(run: number, body: object): Answer {
  return run === 0 ? done(body) : { ...done(body), run }
}
