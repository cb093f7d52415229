import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { type ByteSource, headOf } from '../ims/source.ts'
import { KEPT_PACKED } from '../store/deliveries.ts'
import { makeFolder, sync } from '../store/durable.ts'
import { copierFor, type Copier } from './copier.ts'
import type { Copied } from './copying.ts'
import { assertUnchanged, changedMeanwhile, type OpenFile } from './file-source.ts'
import { type Packing, packingOf } from './packing.ts'
import { notKept, UNDER_WAY } from './temporary-file.ts'
import { noteSettled, noteUnsettled } from './unsettled.ts'

/** The copy is given up when nothing has come for so long, in ms: a network drive that hangs. */
export const COPY_STALL_MS = 300_000
const PROGRESS_MS = 100

/** Endings of the names that packed deliveries are kept under. */
const ENDINGS: { readonly [packing in Packing]: string } = {
  gzip: 'gz',
  zip: 'zip',
  other: 'packed',
}

/** A delivery whose bytes are kept. */
export interface Received {
  readonly sha256: string
  readonly bytes: number
  /** Below the deliveries folder. */
  readonly path: string
}

/**
 * Keeps a delivery's bytes as they come: hashed, synced and renamed into place, so that what stops half-way never becomes a
 * delivery. It is a source of bytes itself: a copier reads, hashes and writes, and the index pass reads behind it. A plain delivery is
 * kept packed (kept.ts), and read where it lies; that the same bytes were read and kept is told by a checksum. Of one that came
 * packed, what is kept is read.
 */
export class Receiving implements ByteSource {
  readonly length: number
  /** How the delivery is packed; undefined for a plain one. */
  readonly packing: Packing | undefined
  /** Where its copy lies while it is under way. */
  readonly folder: string
  readonly #temporary: string
  readonly #siteId: number
  readonly #kept: FileHandle
  /** Descriptor of what is read. */
  readonly #read: number
  readonly #copier: Copier
  readonly #source: OpenFile
  readonly #progress = new BigInt64Array(new SharedArrayBuffer(8))
  #copied: Promise<Copied> | undefined
  /** What was read from the beginning on, without a gap. */
  #checked = { to: 0, crc32: 0 }
  /** Name of the file that has got a note. */
  #unsettled: string | undefined
  #open = true

  private constructor(
    source: OpenFile,
    folder: string,
    temporary: string,
    siteId: number,
    kept: FileHandle,
  ) {
    this.#source = source
    this.folder = folder
    this.packing = packingOf(source)
    this.#temporary = temporary
    this.#siteId = siteId
    this.#kept = kept
    this.#read = this.packing === undefined ? source.descriptor : kept.fd
    this.length = source.length
    this.#copier = copierFor({
      source: source.descriptor,
      kept: kept.fd,
      packs: this.packing === undefined,
      // One more, so that a file that has grown shows.
      bytesMax: source.length + 1,
      progress: this.#progress.buffer,
    })
  }

  /**
   * Has the copier ready; it copies once it is told to, or once somebody reads. The caller holds the site: a copy that is there
   * from before was cut off, and is removed.
   * @throws RollcallError ERR_DELIVERY_NOT_KEPT when the folder cannot be written.
   */
  static async begin(
    source: OpenFile,
    deliveriesFolder: string,
    siteId: number,
  ): Promise<Receiving> {
    const folder = path.join(deliveriesFolder, String(siteId))
    const temporary = path.join(folder, `${UNDER_WAY}${randomUUID()}`)
    try {
      makeFolder(folder)
      for (const name of readdirSync(folder)) {
        if (name.startsWith(UNDER_WAY)) rmSync(path.join(folder, name), { force: true })
      }
      const kept = await open(temporary, 'w+', 0o600)
      return new Receiving(source, folder, temporary, siteId, kept)
    } catch (cause) {
      throw notKept('kept', folder, cause)
    }
  }

  /** The delivery's hash, without a copy: that of one that was kept before is found so. */
  async hash(): Promise<Pick<Received, 'sha256' | 'bytes'>> {
    const { sha256, bytes } = this.#whole(await this.#copier.ask('hash'))
    return { sha256, bytes }
  }

  /** Begins to copy, where that has not begun. */
  copy(): Promise<Copied> {
    this.#copied ??= this.#copier.ask('copy')
    return this.#copied
  }

  /** The beginning of the file that came. */
  head(bytesMax: number): Uint8Array {
    return headOf(this.#source, bytesMax)
  }

  /** Reads behind the copier, which is waited for. */
  read(into: Uint8Array, at: number): number {
    void this.copy()
    const wanted = Math.min(into.length, this.length - at)
    this.#await(at + wanted)
    const read = readSync(this.#read, into, 0, into.length, at)
    if (read < wanted) assertUnchanged(this.#source)
    if (at === 0) this.#checked = { to: 0, crc32: 0 }
    if (at === this.#checked.to) {
      this.#checked = { to: at + read, crc32: crc32(into.subarray(0, read), this.#checked.crc32) }
    }
    return read
  }

  /** Throws ERR_FILE_UNREADABLE where the file that was read is no longer the one that is kept. */
  assertSame(): void {
    if (this.packing === undefined) assertUnchanged(this.#source)
  }

  /** Waits for the end of the copy, and gives what the delivery is. Its bytes are not yet durable. */
  async finish(letGo: (bytes: number) => Promise<void>): Promise<Received> {
    const standing = (): number => Number(Atomics.load(this.#progress, 0))
    const tick = setInterval(() => {
      if (standing() <= this.length) void letGo(standing())
    }, PROGRESS_MS)
    const copied = await this.copy().finally(() => clearInterval(tick))
    const { sha256, bytes, crc32: kept } = this.#whole(copied)
    const { to, crc32: read } = this.#checked
    if (to === bytes && read !== kept) throw changedMeanwhile()
    // It has nothing more to do, and memory of its own.
    await this.#copier.end()
    await letGo(bytes)
    const ending = this.packing === undefined ? KEPT_PACKED : `.${ENDINGS[this.packing]}`
    return { sha256, bytes, path: `${this.#siteId}/${sha256}${ending}` }
  }

  #whole(copied: Copied): Exclude<Copied, { readonly fault: unknown }> {
    if ('fault' in copied) throw notKept('kept', this.folder, { code: copied.fault })
    assertUnchanged(this.#source, copied.bytes)
    return copied
  }

  /** Makes the bytes durable under their name; nothing may refer to them before. */
  async keep({ path: place }: Received): Promise<void> {
    const name = path.basename(place)
    const file = path.join(this.folder, name)
    try {
      await this.#kept.sync()
      if (!existsSync(file)) {
        noteUnsettled(this.folder, name)
        this.#unsettled = name
      }
      renameSync(this.#temporary, file)
      sync(this.folder)
    } catch (cause) {
      throw notKept('kept', this.folder, cause)
    }
  }

  /** The run that names the bytes is committed: they are somebody's now. */
  settle(): void {
    if (this.#unsettled !== undefined) noteSettled(this.folder, this.#unsettled)
  }

  /** Lets go of the copy; one that was not kept is removed. */
  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#copier.end()
    await this.#kept.close()
    rmSync(this.#temporary, { force: true })
  }

  /** Until the copier has read so many bytes, or no more will come. It is faster than what reads behind it. */
  #await(bytes: number): void {
    for (;;) {
      const standing = Atomics.load(this.#progress, 0)
      if (standing >= BigInt(bytes)) return
      if (Atomics.wait(this.#progress, 0, standing, COPY_STALL_MS) === 'timed-out') {
        throw notKept('kept', this.folder, { code: `nothing came for ${COPY_STALL_MS} ms` })
      }
    }
  }
}
