import { RollcallError } from '../errors.ts'

const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EACCES)$/
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const SHUT_DOWN = new Set(['57P01', '57P02', '57P03'])
const DISK_FULL = '53100'
const TOO_MANY = '53300'
const NO_DATABASE = '3D000'
const INVALID_PASSWORD = '28P01'
const INVALID_AUTHORISATION = '28000'

/**
 * What the driver throws when there is no (longer a) connection, or no room, as an error for the person at the command;
 * anything else as it is. Of the original, only the cause holds more than its code.
 */
export function translated(error: unknown): unknown {
  if (error instanceof RollcallError || !(error instanceof Error)) return error
  const { code = '' } = error as { code?: string }
  const unreachable = (why: string, hint: string): RollcallError =>
    new RollcallError('ERR_DATABASE_UNREACHABLE', why, { hint, cause: error })
  if (code === DISK_FULL) return full(error)
  if (code === INVALID_PASSWORD || code === INVALID_AUTHORISATION) {
    return unreachable(
      'The database does not let us in',
      'Check user and password in DATABASE_URL, and pg_hba.conf on the server.',
    )
  }
  if (code === NO_DATABASE) {
    return unreachable('There is no database of that name', 'Check the name in DATABASE_URL.')
  }
  if (code === TOO_MANY) {
    return unreachable(
      'The database has no connection left',
      'End other programs that use it, or raise max_connections.',
    )
  }
  if (SHUT_DOWN.has(code)) {
    return unreachable(
      'The database was shut down, or is just starting',
      'Nothing of an unfinished run was kept. Run it again when the database is up.',
    )
  }
  if (
    NETWORK.test(code) ||
    code.startsWith('08') ||
    /^(Connection terminated|timeout exceeded)|not queryable/.test(error.message)
  ) {
    return unreachable(
      `The database cannot be reached (${/^[A-Z]+$/.test(code) ? code : 'the connection was lost'})`,
      'Nothing of an unfinished run was kept. See that the database is up and DATABASE_URL is right, then run it again.',
    )
  }
  return error
}

/** What is said when the database has no room. */
export function full(cause: unknown): RollcallError {
  return new RollcallError('ERR_DATABASE_FULL', 'The disk of the database is full', {
    hint: 'Nothing of this run was kept. Make room, then run it again.',
    cause,
  })
}
