import { Client, type PoolClient } from 'pg'
import { RollcallError } from '../errors.ts'
import { translated } from './unreachable.ts'
import type { WaitLimits } from './waits.ts'

/** What of the driver's connection is looked at: it tells neither of these itself. */
interface Wire {
  readonly connection: {
    readonly stream: { readonly bytesRead: number; destroy(error: Error): void }
  }
  /** False while a statement is under way. */
  readonly readyForQuery: boolean
}

/**
 * Has a server end what it does for us soon after we are gone, so that nobody waits for a site that a dead machine holds:
 * by itself PostgreSQL would find out after two hours, with these settings after 30 seconds. Gives the process on the server that serves this connection, which
 * behind a pooler is not the one that the driver was told.
 */
export async function introduce(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  // Not every platform that a server runs on has each of them.
  for (const setting of [
    'tcp_keepalives_idle = 15',
    'tcp_keepalives_interval = 5',
    'tcp_keepalives_count = 3',
    // Of an answer that nobody acknowledges: then keepalives are not sent, and it is sent again for a quarter of an hour.
    'tcp_user_timeout = 30000',
    `client_connection_check_interval = '10s'`,
  ]) {
    await client.query(`set ${setting}`).catch(() => {})
  }
  return rows[0]?.pid ?? 0
}

/**
 * Watches a connection while it is in use. A statement may take as long as it takes; but once nothing has come for a while,
 * the server is asked on a connection of its own whether it is at it still. If it cannot be reached, knows nothing of the
 * statement or has answered it long since, the connection is cut, and the statement fails as on any lost connection.
 * Gives what ends the watch.
 */
export function watchAnswers(
  client: PoolClient,
  serverProcess: number,
  url: string,
  limits: WaitLimits,
): () => void {
  const wire = client as unknown as Wire
  const { stream } = wire.connection
  let seen = stream.bytesRead
  let asking = false
  const look = async (): Promise<void> => {
    const before = stream.bytesRead
    const isSilent = !wire.readyForQuery && before === seen
    seen = before
    if (!isSilent || asking) return
    asking = true
    const isAtIt = await asked(serverProcess, url, limits)
    asking = false
    if (isAtIt || stream.bytesRead !== before) return
    stream.destroy(new Error('Connection terminated: the server no longer answers'))
  }
  const timer = setInterval(() => void look(), limits.databaseSilenceSecondsMax * 1000)
  timer.unref()
  return () => clearInterval(timer)
}

/** Whether the server is at work for us. Where it answers but will not say, it is believed to be. */
async function asked(serverProcess: number, url: string, limits: WaitLimits): Promise<boolean> {
  const milliseconds = limits.databaseConnectSecondsMax * 1000
  const client = new Client({
    connectionString: url,
    application_name: 'rollcall asking',
    connectionTimeoutMillis: milliseconds,
    query_timeout: milliseconds,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ state: string }>(
      'select state from pg_stat_activity where pid = $1',
      [serverProcess],
    )
    return rows[0]?.state === 'active'
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    const isLost = translated(error) instanceof RollcallError && !/^(28|53|3D)/.test(code ?? '')
    return !isLost && !/timeout/i.test(message)
  } finally {
    await Promise.race([
      client.end().catch(() => {}),
      new Promise((done) => setTimeout(done, 1000).unref()),
    ])
  }
}
