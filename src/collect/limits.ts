/** Limits on what a collector does. Those with a default are settings of a collector, within their bounds. */

export const COLLECT_LIMITS = {
  /** Seconds until the other side has answered and let us in. */
  connectSeconds: { normal: 20, min: 1, max: 300 },
  /** Seconds in which nothing comes. */
  idleSeconds: { normal: 60, min: 1, max: 900 },
  /** Seconds that a whole run of the collector may take. */
  totalSeconds: { normal: 3600, min: 5, max: 43_200 },
  /** Bytes of one file, and of what a web server's answer is unpacked to. */
  bytesMax: { normal: 4 * 1024 ** 3, min: 1, max: 1024 ** 4 },
  /** Files that are delivered in one run; the others in the next. */
  filesMax: { normal: 20, min: 1, max: 1000 },
} as const

/** Names in one folder of the other side. More say that it is the wrong folder. */
export const LISTED_MAX = 10_000
/** Files whose time is asked for one by one (FTP without MLSD). */
export const ASKED_MAX = 500
export const REDIRECTS_MAX = 5
/** How far an answer's content coding may shrink it, once it is above 16 MiB. */
export const CODING_RATIO_MAX = 200
export const CODING_FREE_BYTES = 16 * 1024 ** 2
/** Bytes of an answer that is not the delivery: a page of an interface, a token, an error. */
export const ANSWER_BYTES_MAX = 64 * 1024 ** 2
/** Bytes of all pages of an interface together. */
export const PAGES_BYTES_MAX = 2 * 1024 ** 3
/** Pages of one kind of things. */
export const PAGES_MAX = 20_000
/** Attempts of one run by the clock, and seconds before the second; the wait doubles, up to half of it more by chance. */
export const ATTEMPTS = 3
export const RETRY_SECONDS = 60
/** Days for which a file that the other side no longer has is remembered. */
export const REMEMBERED_DAYS = 60
/** Hours after which what a dead process has left in the arriving folder is removed: longer than any run. */
export const LEFT_HOURS = 24
