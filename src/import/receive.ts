import { existsSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ByteSource } from '../ims/source.ts'
import { makeFolder, sync } from '../store/durable.ts'
import type { FromCopy, ToCopy } from './copy-worker.ts'
import { assertUnchanged, type FileSource } from './file-source.ts'
import { type Packing, packingOf } from './packing.ts'
import { notKept, UNDER_WAY } from './temporary-file.ts'
import { noteSettled, noteUnsettled } from './unsettled.ts'

const CHUNK_BYTES = 4 * 1024 * 1024
/** Chunks that may wait to be written while the next one is read: 8 MiB. */
const WAITING_MAX = 2

/** Endings of the names that packed deliveries are kept under. */
const ENDINGS: { readonly [packing in Packing]: string } = {
  gzip: 'gz',
  zip: 'zip',
  other: 'packed',
}

/** The worker is a source file here and a compiled one where Rollcall is installed. */
const COPY_WORKER = new URL(`./copy-worker${path.extname(import.meta.filename)}`, import.meta.url)

/** A delivery whose bytes are kept. */
export interface Received {
  readonly sha256: string
  readonly bytes: number
  /** Below the deliveries folder. */
  readonly path: string
}

/**
 * Keeps a delivery's bytes as they come: copied, hashed, synced and renamed into place, so that a copy that stops
 * half-way never becomes a delivery. It is a source of bytes itself: what the index pass reads is copied on the way,
 * and the disk writes while the processor reads on.
 */
export class Receiving implements ByteSource {
  readonly length: number
  /** How the delivery is packed; undefined for a plain one. */
  readonly packing: Packing | undefined
  /** Where its copy lies while it is under way. */
  readonly folder: string
  readonly #source: FileSource
  readonly #temporary: string
  readonly #siteId: number
  readonly #handle: FileHandle
  readonly #worker: Worker
  readonly #free: ArrayBuffer[] = []
  /** Chunks that the worker has not written yet. */
  #waiting = 0
  /** Called when the worker has done something. */
  #heard: () => void = () => {}
  /** Bytes that are written or on their way. */
  #taken = 0
  #sha256: string | undefined
  /** Name of the file that has got a note. */
  #unsettled: string | undefined
  #fault: unknown
  #open = true

  private constructor(
    source: FileSource,
    folder: string,
    temporary: string,
    siteId: number,
    handle: FileHandle,
  ) {
    this.#source = source
    this.folder = folder
    this.packing = packingOf(source)
    this.#temporary = temporary
    this.#siteId = siteId
    this.#handle = handle
    this.length = source.length
    this.#worker = new Worker(COPY_WORKER, {
      workerData: { descriptor: handle.fd },
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
    })
    this.#worker.on('message', (message: FromCopy) => this.#hear(message))
    this.#worker.on('error', (error) => this.#fail(error))
  }

  /**
   * The caller holds the site: a copy that is there from before was cut off, and is removed.
   * @throws RollcallError ERR_DELIVERY_NOT_KEPT when the folder cannot be written.
   */
  static async begin(
    source: FileSource,
    deliveriesFolder: string,
    siteId: number,
  ): Promise<Receiving> {
    const folder = path.join(deliveriesFolder, String(siteId))
    const temporary = path.join(folder, `${UNDER_WAY}${process.pid}`)
    try {
      makeFolder(folder)
      for (const name of readdirSync(folder)) {
        if (name.startsWith(UNDER_WAY)) rmSync(path.join(folder, name), { force: true })
      }
      const handle = await open(temporary, 'w+', 0o600)
      return new Receiving(source, folder, temporary, siteId, handle)
    } catch (cause) {
      throw notKept('kept', folder, cause)
    }
  }

  /** Reads ahead of the copy come from the source and are copied; reads behind it come from the copy itself. */
  read(into: Uint8Array, at: number): number {
    if (at < this.#taken && this.#waiting === 0) {
      return readSync(this.#handle.fd, into, 0, into.length, at)
    }
    const read = this.#source.read(into, at)
    const isNew = this.#taken - at
    if (isNew >= 0 && read > isNew) this.#take(into.subarray(isNew, read))
    return read
  }

  /** Waits until the copy has caught up enough. To be called every few megabytes. */
  async keepUp(): Promise<void> {
    await this.#until(() => this.#waiting <= WAITING_MAX)
  }

  /** Copies what was not read, and gives what the delivery is. Its bytes are not yet durable. */
  async finish(letGo: (bytes: number) => Promise<void>): Promise<Received> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    while (this.#taken < this.length) {
      const read = this.#source.read(chunk, this.#taken)
      if (read === 0) break
      this.#take(chunk.subarray(0, read))
      await this.keepUp()
      await letGo(this.#taken)
    }
    this.#worker.postMessage({ end: true } satisfies ToCopy)
    await this.#until(() => this.#sha256 !== undefined)
    assertUnchanged(this.#source, this.#taken)
    const sha256 = this.#sha256 ?? ''
    const ending = this.packing === undefined ? 'xml' : ENDINGS[this.packing]
    return { sha256, bytes: this.#taken, path: `${this.#siteId}/${sha256}.${ending}` }
  }

  /** Makes the bytes durable under their name; nothing may refer to them before. */
  async keep({ path: place }: Received): Promise<void> {
    const name = path.basename(place)
    const file = path.join(this.folder, name)
    try {
      await this.#handle.sync()
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
    await this.#worker.terminate()
    await this.#handle.close()
    rmSync(this.#temporary, { force: true })
  }

  #take(bytes: Uint8Array): void {
    // Buffers are used again: a hundred discarded ones of 4 MiB would stay resident until they are collected.
    const free = this.#free.pop()
    const buffer =
      free !== undefined && free.byteLength >= bytes.length
        ? free
        : new ArrayBuffer(Math.max(bytes.length, CHUNK_BYTES))
    new Uint8Array(buffer).set(bytes)
    this.#taken += bytes.length
    this.#waiting++
    this.#worker.postMessage({ buffer, length: bytes.length } satisfies ToCopy, [buffer])
  }

  #hear(message: FromCopy): void {
    if ('done' in message) {
      this.#waiting--
      this.#free.push(message.done)
    } else if ('sha256' in message) this.#sha256 = message.sha256
    else this.#fail({ code: message.fault })
    this.#heard()
  }

  #fail(fault: unknown): void {
    this.#fault ??= fault
    this.#heard()
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds() && this.#fault === undefined) {
      await new Promise<void>((resolve) => (this.#heard = resolve))
    }
    if (this.#fault !== undefined) throw notKept('kept', this.folder, this.#fault)
  }
}
