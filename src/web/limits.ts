/** Limits on what comes over HTTP; see docs/api.md. */
export const WEB_LIMITS = {
  /** Longest JSON body, in bytes. Deliveries have the limit of deliveries. */
  bodyBytesMax: 1024 * 1024,
  /** Longest head of a request, in bytes. */
  headBytesMax: 16 * 1024,
  /** Until the head of a request has come, in ms. */
  headTimeoutMs: 10_000,
  /** Until a JSON body has come, in ms. */
  bodyTimeoutMs: 30_000,
  /** A delivery that brings nothing for so long is given up, in ms. */
  uploadIdleMs: 60_000,
  /** Uploads at a time of one caller. */
  uploadsMax: 4,
  /** How long a connection that is not used is kept, in ms. */
  keepAliveMs: 5_000,
  /** Open connections. */
  connectionsMax: 1_000,
  /** Requests of one caller a minute. */
  requestsPerMinute: 600,
  /** Test mails, and test calls of webhooks, of one caller a minute: each reaches somebody else. */
  testsPerMinute: 10,
  /** Refused credentials from one address a minute, before it has to wait. */
  failuresPerMinute: 20,
  /** Rows of a page. */
  pageRowsMax: 1_000,
  /** How long an idempotency key is remembered, in hours. */
  idempotencyHours: 24,
} as const

export type WebLimits = { readonly [name in keyof typeof WEB_LIMITS]: number }

/** The limits, some of them as they are set. */
export function webLimits({
  webLimits: set,
}: {
  readonly webLimits?: Partial<WebLimits>
}): WebLimits {
  return { ...WEB_LIMITS, ...set }
}
