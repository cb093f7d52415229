const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** Limits on the drop box. Each is named in docs/drop-box.md and set by a variable of its name. */
export interface DropBoxLimits {
  /** Connections in all, from one address, and of one account. */
  readonly connectionsMax: number
  readonly addressConnectionsMax: number
  readonly accountConnectionsMax: number
  /** Seconds from the connection until somebody has signed in. */
  readonly signInSecondsMax: number
  /** Attempts to sign in on one connection, keys that are offered included; and passwords among them. */
  readonly attemptsMax: number
  readonly passwordsMax: number
  /** Wrong passwords of an account in a row, after which its passwords are refused for `blockSeconds`. */
  readonly accountFailuresMax: number
  /** Failures of an address within `blockSeconds`, after which it is not let in until they have passed. */
  readonly addressFailuresMax: number
  readonly blockSecondsMax: number
  /** Seconds without a request, and of a whole connection. */
  readonly idleSecondsMax: number
  readonly connectionSecondsMax: number
  /** Channels of a connection, and files and folders that are open on one. */
  readonly channelsMax: number
  readonly handlesMax: number
  /** Requests that wait on a channel, and their bytes: a client that goes on without waiting for answers is cut off. */
  readonly waitingRequestsMax: number
  readonly waitingBytesMax: number
  /** Bytes a second of one account, over all its connections of a process. */
  readonly bytesPerSecondMax: number
  /** Bytes that may lie in a box and come within 24 hours, unless the account has its own; deliveries in 24 hours. */
  readonly quotaBytesMax: number
  readonly deliveriesPerDayMax: number
  /** Files and folders that a sender sees. */
  readonly filesMax: number
  /** Hours that what is not complete is kept to be resumed, and that what was taken is still shown. */
  readonly partHoursMax: number
  readonly shownHoursMax: number
  /** Seconds after which an empty file counts as complete: some programs make it first and write later. */
  readonly emptySecondsMax: number
}

export const DEFAULT_DROP_BOX_LIMITS: DropBoxLimits = {
  connectionsMax: 500,
  addressConnectionsMax: 200,
  accountConnectionsMax: 10,
  signInSecondsMax: 30,
  attemptsMax: 10,
  passwordsMax: 3,
  accountFailuresMax: 10,
  addressFailuresMax: 50,
  blockSecondsMax: 900,
  idleSecondsMax: 300,
  connectionSecondsMax: 43_200,
  channelsMax: 4,
  handlesMax: 32,
  waitingRequestsMax: 1024,
  waitingBytesMax: 16 * MIB,
  bytesPerSecondMax: 200 * MIB,
  quotaBytesMax: 32 * GIB,
  deliveriesPerDayMax: 2000,
  filesMax: 1000,
  partHoursMax: 24,
  shownHoursMax: 24,
  emptySecondsMax: 60,
}

/** Bytes of a path and of one name in it, folders in each other; pieces of a file that is written out of order. */
export const PATH_BYTES_MAX = 1024
export const NAME_BYTES_MAX = 255
export const FOLDERS_DEEP_MAX = 8
export const PIECES_MAX = 1024
/** Public keys of an account, and bits that an RSA key has at least. */
export const KEYS_MAX = 10
export const RSA_BITS_MIN = 3072
/** Networks that an account may come from. */
export const NETWORKS_MAX = 50
/** Characters of a password that is tried; those that are made here have 24. */
export const PASSWORD_CHARACTERS_MAX = 256
/** Seconds that an upload may be quiet before it counts as complete, where that is the rule. */
export const QUIET_SECONDS = { normal: 60, min: 5, max: 86_400 } as const

/** Of a watched folder: names that are looked at, and files that are taken in one look, the others in the next. */
export const WATCHED_NAMES_MAX = 10_000
export const WATCHED_FILES_MAX = 100
/** Seconds without a sign of life after which another process takes over the watching. */
export const WATCHING_LEASE_SECONDS = 60
/** Seconds for which nothing about a file in a watched folder may change, and characters of a flag's ending. */
export const WATCH_QUIET_SECONDS = { normal: 60, min: 0, max: 86_400 } as const
export const FLAG_CHARACTERS_MAX = 20
