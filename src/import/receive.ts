import { createHash, type Hash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { type ByteSource, headOf } from '../ims/source.ts'
import { KEPT_PACKED } from '../store/deliveries.ts'
import { makeFolder, sync } from '../store/durable.ts'
import { copierFor, type Copier } from './copier.ts'
import type { Copied } from './copying.ts'
import { assertUnchanged, changedMeanwhile, type OpenFile } from './file-source.ts'
import { type Packing, packingOf } from './packing.ts'
import { RingStalled } from './ring.ts'
import { notKept, UNDER_WAY } from './temporary-file.ts'
import { noteSettled, noteUnsettled } from './unsettled.ts'

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
 * delivery. It is a source of bytes itself: a copier reads, hashes and writes, and hands on what it has read. A plain delivery is
 * kept packed (kept.ts); what is gone over twice is read where it lies, and told by its hash to be the same. Of one that came packed,
 * what is kept is read.
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
  readonly #copier: Copier
  readonly #source: OpenFile
  #copied: Promise<Copied> | undefined
  /** What was read once more from the beginning on, without a gap. */
  #again: { to: number; hash: Hash } | undefined
  /** Name of the file that has got a note. */
  #unsettled: string | undefined
  #open = true

  private constructor(
    source: OpenFile,
    folder: string,
    temporary: string,
    siteId: number,
    kept: FileHandle,
    copier: Copier,
  ) {
    this.#source = source
    this.folder = folder
    this.packing = packingOf(source)
    this.#temporary = temporary
    this.#siteId = siteId
    this.#kept = kept
    this.length = source.length
    this.#copier = copier
  }

  /**
   * Has the copier ready; it copies once it is told to, or once somebody reads. The caller holds the site: a copy that is there
   * from before was cut off, and is removed. A copier of the same file may have begun to hash it.
   * @throws RollcallError ERR_DELIVERY_NOT_KEPT when the folder cannot be written.
   */
  static async begin(
    source: OpenFile,
    deliveriesFolder: string,
    siteId: number,
    copier = copierFor(source.descriptor, source.length),
  ): Promise<Receiving> {
    const folder = path.join(deliveriesFolder, String(siteId))
    const temporary = path.join(folder, `${UNDER_WAY}${randomUUID()}`)
    try {
      makeFolder(folder)
      for (const name of readdirSync(folder)) {
        if (name.startsWith(UNDER_WAY)) rmSync(path.join(folder, name), { force: true })
      }
      const kept = await open(temporary, 'w+', 0o600)
      return new Receiving(source, folder, temporary, siteId, kept, copier)
    } catch (cause) {
      await copier.end()
      throw notKept('kept', folder, cause)
    }
  }

  /** The delivery's hash, without a copy: that of one that was kept before is found so. */
  async hash(): Promise<Pick<Received, 'sha256' | 'bytes'>> {
    return this.#whole(await this.#copier.hash())
  }

  /** Begins to copy, where that has not begun. */
  copy(): Promise<Copied> {
    if (this.#copied === undefined) {
      const packs = this.packing === undefined
      if (!packs) this.#copier.letGo()
      this.#copied = this.#copier.copy({ kept: this.#kept.fd, packs })
    }
    return this.#copied
  }

  /** The beginning of the file that came. */
  head(bytesMax: number): Uint8Array {
    return headOf(this.#source, bytesMax)
  }

  /** What the copier has read, which is waited for; or, of what it no longer has, what is read once more. */
  read(into: Uint8Array, at: number): number {
    void this.copy()
    const wanted = into.subarray(0, Math.max(0, this.length - at))
    try {
      if (this.packing === undefined)
        return this.#copier.read(wanted, at) ?? this.#readAgain(wanted, at)
      this.#copier.reached(at + wanted.length)
    } catch (error) {
      if (!(error instanceof RingStalled)) throw error
      throw notKept('kept', this.folder, { code: error.message })
    }
    return readSync(this.#kept.fd, wanted, 0, wanted.length, at)
  }

  #readAgain(into: Uint8Array, at: number): number {
    const read = readSync(this.#source.descriptor, into, 0, into.length, at)
    if (read < into.length) assertUnchanged(this.#source)
    if (at === 0) this.#again = { to: 0, hash: createHash('sha256') }
    if (at === this.#again?.to) {
      this.#again.hash.update(into.subarray(0, read))
      this.#again.to += read
    }
    return read
  }

  /** Throws ERR_FILE_UNREADABLE where the file that was read is no longer the one that is kept. */
  assertSame(): void {
    if (this.packing === undefined) assertUnchanged(this.#source)
  }

  /** Waits for the end of the copy, and gives what the delivery is. Its bytes are not yet durable. */
  async finish(letGo: (bytes: number) => Promise<void>): Promise<Received> {
    const copy = this.copy()
    this.#copier.letGo()
    const tick = setInterval(() => void letGo(this.#copier.done), PROGRESS_MS)
    const copied = await copy.finally(() => clearInterval(tick))
    const { sha256, bytes } = this.#whole(copied)
    const { to, hash } = this.#again ?? {}
    if (to === bytes && hash?.digest('hex') !== sha256) throw changedMeanwhile()
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
}
