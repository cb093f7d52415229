import type { FileHandle } from 'node:fs/promises'
import { holdBoxFile } from '../store/drop-box-files.ts'
import { type BoxContext, type BoxOwner, bytesShown } from './in-box.ts'
import { PIECES_MAX } from './limits.ts'
import { Pieces } from './pieces.ts'
import { Refused } from './refused.ts'

/** Seconds for which whoever writes to a file is believed to be alive, and after which he says so again. */
export const HELD_SECONDS = 90
const BEAT_SECONDS = 20
const GATHERED_BYTES = 1024 * 1024

/** Bytes that an account may still send; shared by all that it has open in this process. */
export interface Allowance {
  left: number
}

export interface UploadOf {
  readonly owner: BoxOwner
  readonly id: number
  /** Its name when it was opened. */
  readonly path: string
  readonly stored: string
  /** Who writes: one upload of one connection. */
  readonly holder: string
  readonly file: FileHandle
  readonly bytes: number
  readonly allowance: Allowance
}

/** A file of a box that is open for writing. */
export class Upload {
  readonly owner: BoxOwner
  readonly id: number
  readonly path: string
  readonly stored: string
  readonly holder: string
  readonly file: FileHandle
  /** What is written to the disk. */
  readonly pieces: Pieces
  readonly allowance: Allowance
  /** Another connection writes to it now, or it was removed: this one must not. */
  isStale = false
  readonly #context: BoxContext
  readonly #timer: NodeJS.Timeout
  /** Blocks that follow each other and are not written yet. */
  #gathered: Uint8Array[] = []
  #gatheredFrom = 0
  #gatheredEnd = 0
  #settled: Promise<void> = Promise.resolve()
  /** Why nothing can be written any more. */
  #fault: unknown

  constructor(context: BoxContext, of: UploadOf) {
    this.#context = context
    this.owner = of.owner
    this.id = of.id
    this.path = of.path
    this.stored = of.stored
    this.holder = of.holder
    this.file = of.file
    this.pieces = new Pieces(of.bytes)
    this.allowance = of.allowance
    const before = context.uploads.get(of.id)
    if (before !== undefined) before.isStale = true
    context.uploads.set(of.id, this)
    this.#timer = setInterval(() => void this.#beat(), BEAT_SECONDS * 1000)
    this.#timer.unref()
  }

  /**
   * Takes bytes in. They are gathered and written by the megabyte: with each block of 32 kB written by itself, 200 MB took
   * 11 s instead of 3. What fails at that fails the next write, or the close.
   * @throws Refused beyond a limit, when the disk is full, or when another connection has taken over
   */
  async write(offset: number, data: Uint8Array): Promise<void> {
    this.#check()
    const end = offset + data.length
    const { fileBytesMax } = this.#context
    if (!Number.isSafeInteger(end) || end > fileBytesMax) {
      throw new Refused('failure', `A file may have ${fileBytesMax} bytes at most`)
    }
    const growth = Math.max(0, end - Math.max(this.pieces.end, this.#gatheredEnd))
    if (growth > this.allowance.left) {
      throw new Refused(
        'failure',
        'The quota of this account is used up; it is counted over 24 hours',
      )
    }
    this.allowance.left -= growth
    if (this.#gathered.length > 0 && offset !== this.#gatheredEnd) await this.settle()
    if (this.pieces.count >= PIECES_MAX) {
      throw new Refused('failure', 'The file is written in too many separate pieces')
    }
    if (this.#gathered.length === 0) this.#gatheredFrom = offset
    this.#gathered.push(data)
    this.#gatheredEnd = end
    if (end - this.#gatheredFrom >= GATHERED_BYTES) await this.settle()
  }

  /** Writes what is gathered, so that `pieces` has all that came. May be called by whoever looks at the file, too. */
  settle(): Promise<void> {
    const settled = this.#settled.catch(() => {}).then(() => this.#writeGathered())
    this.#settled = settled
    // Who calls hears of what fails; who comes later, by the fault.
    settled.catch(() => {})
    return settled
  }

  async #writeGathered(): Promise<void> {
    this.#check()
    if (this.#gathered.length === 0) return
    const [from, end] = [this.#gatheredFrom, this.#gatheredEnd]
    const blocks = this.#gathered
    this.#gathered = []
    this.#gatheredEnd = 0
    try {
      const { bytesWritten } = await this.file.writev(blocks, from)
      // The disk took a part: the rest says why.
      const all = bytesWritten < end - from ? Buffer.concat(blocks) : Buffer.alloc(0)
      for (let done = bytesWritten; done < all.length;) {
        done += (await this.file.write(all, done, all.length - done, from + done)).bytesWritten
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const isFull = code === 'ENOSPC' || code === 'EDQUOT'
      this.#fault = isFull
        ? new Refused('failure', 'The disk of the server is full; try again later')
        : error
      throw this.#fault
    }
    this.pieces.add(from, end)
  }

  /** Makes it so long, if it is longer. */
  async cut(bytes: number): Promise<void> {
    await this.settle()
    if (bytes >= this.pieces.end) return
    await this.file.truncate(bytes)
    this.pieces.cut(bytes)
  }

  /** Lets go of the file on disk; safe to be called again. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#context.uploads.get(this.id) === this) this.#context.uploads.delete(this.id)
    await this.file.close().catch(() => {})
  }

  #check(): void {
    if (this.#fault !== undefined) throw this.#fault
    if (!this.isStale) return
    throw new Refused('failure', 'Another connection has gone on with this file, or it was removed')
  }

  async #beat(): Promise<void> {
    const { owner, id, holder } = this
    const held = { holder, ifHolder: holder, seconds: HELD_SECONDS, bytes: this.pieces.whole }
    try {
      const isMine = await this.#context.database.site(owner.siteId, (session) =>
        holdBoxFile(session, owner, id, held),
      )
      if (!isMine) this.isStale = true
    } catch {
      // The database is away: closing the file will show whether it still is.
    }
  }
}

/** Writes what is gathered of all that an account has open in this process, so that sizes are what came. */
export async function settleAll(
  context: BoxContext,
  { siteId, sourceId }: BoxOwner,
): Promise<void> {
  const own = [...context.uploads.values()].filter(
    ({ owner }) => owner.siteId === siteId && owner.sourceId === sourceId,
  )
  await Promise.allSettled(own.map((upload) => upload.settle()))
}

/** Bytes that an account uses now: of what lies in its box, and of what it delivered within 24 hours. */
export function bytesUsed(
  context: BoxContext,
  files: readonly Parameters<typeof bytesShown>[1][],
  delivered: number,
): number {
  return files.reduce(
    (sum, file) => sum + (file.stored === null ? 0 : bytesShown(context, file)),
    delivered,
  )
}
