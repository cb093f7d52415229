/** How long a database server may keep us waiting, in seconds. An operator may change it; docs/limits.md names each. */
export interface WaitLimits {
  /** To connect. */
  readonly databaseConnectSecondsMax: number
  /** Without a byte from the server, after which it is asked whether it is still at a statement. */
  readonly databaseSilenceSecondsMax: number
}

export const DEFAULT_WAIT_LIMITS: WaitLimits = {
  databaseConnectSecondsMax: 30,
  databaseSilenceSecondsMax: 30,
}
