import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient, QueryResult } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { RollcallError } from '../errors.ts'
import { readBinaryRows, withLiterals } from './binary-rows.ts'
import { translated } from './unreachable.ts'
import { binaryReader } from './values.ts'

/** Statements within one transaction. */
export interface Session {
  /** The driver's connection, for what is not offered here; statements sent by it are not counted. */
  readonly client: PoolClient
  /** Statements sent so far in this session, transaction control included; COPY counts as one. */
  readonly statements: number
  /** Rows of a query; see values.ts for how values come back. */
  query<R>(text: string, values?: readonly unknown[]): Promise<R[]>
  /**
   * The same in PostgreSQL's binary format: for large bytea. One SELECT, of types that values.ts lists; counts as two. Values
   * are numbers, texts, booleans, null or lists of numbers.
   */
  queryBinary<R>(text: string, values?: readonly unknown[]): Promise<R[]>
  /** Runs a statement; gives how many rows it affected. */
  execute(text: string, values?: readonly unknown[]): Promise<number>
  /** `COPY … FROM STDIN` with what `chunks` give, best 64 kB or so each; gives how many rows were taken. */
  copyIn(
    text: string,
    chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
  ): Promise<number>
  /** `COPY … TO STDOUT`, as it comes. */
  copyOut(text: string): AsyncIterable<Buffer>
}

class CountingSession implements Session {
  readonly client: PoolClient
  #statements = 0

  constructor(client: PoolClient) {
    this.client = client
  }

  get statements(): number {
    return this.#statements
  }

  async query<R>(text: string, values?: readonly unknown[]): Promise<R[]> {
    return (await this.#send(text, values)).rows as R[]
  }

  async queryBinary<R>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    const literal = withLiterals(text, values, (each) => this.client.escapeLiteral(each))
    const { fields } = await this.#send(`select * from (${literal}) as described limit 0`)
    const columns = fields.map(({ name, dataTypeID }) => ({ name, read: binaryReader(dataTypeID) }))
    const chunks = this.copyOut(`copy (${literal}) to stdout (format binary)`)
    return (await readBinaryRows(chunks, columns)) as R[]
  }

  async execute(text: string, values?: readonly unknown[]): Promise<number> {
    return (await this.#send(text, values)).rowCount ?? 0
  }

  async copyIn(
    text: string,
    chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
  ): Promise<number> {
    this.#statements += 1
    const copy = this.client.query(copyFrom(text))
    // A chunk is 256 kB and more: one that waits is enough, where a stream of objects would have sixteen wait.
    await pipeline(Readable.from(chunks, { highWaterMark: 1 }), copy)
    return copy.rowCount
  }

  copyOut(text: string): AsyncIterable<Buffer> {
    this.#statements += 1
    return this.client.query(copyTo(text))
  }

  /** Ends the transaction. COMMIT after a failed statement is answered with ROLLBACK, which must not pass for done. */
  async commit(): Promise<void> {
    const { command } = await this.#send('commit').catch((error: unknown) => {
      throw unanswered(error)
    })
    if (command === 'COMMIT') return
    throw new RollcallError('ERR_INTERNAL', 'the transaction had failed before it was committed')
  }

  #send(text: string, values?: readonly unknown[]): Promise<QueryResult> {
    this.#statements += 1
    return values === undefined ? this.client.query(text) : this.client.query(text, [...values])
  }
}

/** COMMIT was sent and its answer was lost: it may have been carried out. Only the database can tell. */
function unanswered(error: unknown): unknown {
  const known = translated(error)
  if (!(known instanceof RollcallError) || known.code !== 'ERR_DATABASE_UNREACHABLE') return error
  return new RollcallError(
    'ERR_OUTCOME_UNKNOWN',
    'The connection to the database was lost while the run was being committed: all of it was kept, or nothing',
    {
      hint: 'rollcall runs tells which, once the database is up. An import can simply be run again: it finds what is done.',
      cause: error,
    },
  )
}

/**
 * One transaction on `client`, begun by `begin` (which may hold more statements): committed with what `work` gives, rolled
 * back on any error. `sent` is told how many statements it took, in either case.
 * @throws RollcallError ERR_DATABASE_UNREACHABLE or ERR_DATABASE_FULL instead of the driver's words for these;
 *   ERR_OUTCOME_UNKNOWN when the connection was lost after COMMIT was sent.
 */
export async function transaction<T>(
  client: PoolClient,
  begin: string,
  work: (session: Session) => Promise<T>,
  sent: (statements: number) => void = () => {},
): Promise<T> {
  const session = new CountingSession(client)
  try {
    await session.execute(begin)
    const result = await work(session)
    await session.commit()
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw translated(error)
  } finally {
    sent(session.statements)
  }
}
