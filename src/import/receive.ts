import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ByteSource } from '../ims/source.ts'
import { makeFolder, sync } from '../store/durable.ts'
import type { Copied, CopyWork } from './copying.ts'
import { assertUnchanged, type OpenFile } from './file-source.ts'
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
 * half-way never becomes a delivery. It is a source of bytes itself: a thread copies, and what the index pass reads is the
 * copy, as far as it stands.
 */
export class Receiving implements ByteSource {
  readonly length: number
  /** How the delivery is packed; undefined for a plain one. */
  readonly packing: Packing | undefined
  /** Where its copy lies while it is under way. */
  readonly folder: string
  readonly #temporary: string
  readonly #siteId: number
  readonly #handle: FileHandle
  readonly #worker: Worker
  readonly #source: OpenFile
  readonly #progress = new BigInt64Array(new SharedArrayBuffer(8))
  readonly #copied: Promise<Copied>
  /** Name of the file that has got a note. */
  #unsettled: string | undefined
  #open = true

  private constructor(
    source: OpenFile,
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
      workerData: {
        source: source.descriptor,
        copy: handle.fd,
        // One more, so that a file that has grown shows.
        bytesMax: source.length + 1,
        progress: this.#progress.buffer,
      } satisfies CopyWork,
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
    })
    this.#copied = new Promise((resolve) => {
      this.#worker.on('message', resolve)
      this.#worker.on('error', (error) => resolve({ fault: (error as { code?: string }).code }))
    })
  }

  /**
   * The caller holds the site: a copy that is there from before was cut off, and is removed.
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
      const handle = await open(temporary, 'w+', 0o600)
      return new Receiving(source, folder, temporary, siteId, handle)
    } catch (cause) {
      throw notKept('kept', folder, cause)
    }
  }

  /** Reads of the copy; waits until it stands that far. */
  read(into: Uint8Array, at: number): number {
    this.#await(Math.min(at + into.length, this.length))
    return readSync(this.#handle.fd, into, 0, into.length, at)
  }

  /** Waits for the end of the copy, and gives what the delivery is. Its bytes are not yet durable. */
  async finish(letGo: (bytes: number) => Promise<void>): Promise<Received> {
    const standing = (): number => Number(Atomics.load(this.#progress, 0))
    const tick = setInterval(() => {
      if (standing() <= this.length) void letGo(standing())
    }, PROGRESS_MS)
    const copied = await this.#copied.finally(() => clearInterval(tick))
    if ('fault' in copied) throw notKept('kept', this.folder, { code: copied.fault })
    const { sha256, bytes } = copied
    await letGo(bytes)
    assertUnchanged(this.#source, bytes)
    const ending = this.packing === undefined ? 'xml' : ENDINGS[this.packing]
    return { sha256, bytes, path: `${this.#siteId}/${sha256}.${ending}` }
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

  /** Until so many bytes stand in the copy, or no more will come. The thread that copies is faster than what reads. */
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
