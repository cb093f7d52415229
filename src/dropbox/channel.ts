import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2'
import type { BoxContext, BoxOwner } from './in-box.ts'
import {
  list,
  makeFolder,
  removeFile,
  removeFolder,
  rename,
  setTime,
  show,
  type Shown,
} from './folder.ts'
import { boxPath } from './names.ts'
import { noPath, noSuchFile, Refused } from './refused.ts'
import type { Upload } from './upload.ts'
import { breakOff, closeUpload, openUpload } from './uploading.ts'

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp
const STATUS = {
  noSuchFile: STATUS_CODE.NO_SUCH_FILE,
  denied: STATUS_CODE.PERMISSION_DENIED,
  failure: STATUS_CODE.FAILURE,
  unsupported: STATUS_CODE.OP_UNSUPPORTED,
} as const
/** Names in one answer: each is a few hundred bytes, and clients take 256 kB. */
const NAMES_AT_ONCE = 100
const FOLDER_MODE = 0o40_700
const FILE_MODE = 0o100_600

/** What is open on a channel: a file that is written to, or the rest of a list of names. */
type Open =
  | { readonly kind: 'file'; readonly path: string; upload: Upload | undefined }
  | { readonly kind: 'folder'; readonly path: string; rest: Shown[] | undefined }

export interface ChannelOptions {
  readonly context: BoxContext
  readonly owner: BoxOwner
  /** Waits until the account may send so many more bytes. */
  readonly pace: (bytes: number) => Promise<void>
  /** Called for each request: somebody is there. */
  readonly onRequest: () => void
  /** Says why, where the client shows it to people. */
  readonly explain: (text: string) => void
  /** Ends the whole connection. */
  readonly end: () => void
  readonly onError: (error: unknown) => void
}

/** One SFTP channel: requests are answered one after the other, in the order in which they came. */
export class SftpChannel {
  readonly #sftp: SFTPWrapper
  readonly #options: ChannelOptions
  readonly #open = new Map<number, Open>()
  #next = 0
  #line: Promise<void> = Promise.resolve()
  #waiting = 0
  #waitingBytes = 0
  #isOver = false

  constructor(sftp: SFTPWrapper, options: ChannelOptions) {
    this.#sftp = sftp
    this.#options = options
    this.#listen()
  }

  /** Whether requests are being answered, and whether files are open. */
  get isBusy(): boolean {
    return this.#waiting > 0
  }
  get isWriting(): boolean {
    return this.isBusy || [...this.#open.values()].some((open) => open.kind === 'file')
  }

  /** The client is gone: what is not closed is broken off, after what it still sent was written. */
  over(): Promise<void> {
    if (this.#isOver) return this.#line
    this.#isOver = true
    this.#line = this.#line.then(async () => {
      const { context, onError } = this.#options
      for (const open of this.#open.values()) {
        if (open.kind === 'file' && open.upload !== undefined) {
          await breakOff(context, open.upload).catch(onError)
        }
      }
      this.#open.clear()
    })
    return this.#line
  }

  #listen(): void {
    const sftp = this.#sftp
    const { context, owner } = this.#options
    sftp.on('OPEN', (id, name, flags) => this.#answer(id, 0, () => this.#openFile(id, name, flags)))
    sftp.on('WRITE', (id, handle, offset, data) =>
      this.#answer(id, data.length, () => this.#write(handle, offset, data)),
    )
    sftp.on('READ', (id) => this.#answer(id, 0, () => Promise.reject(noReading())))
    sftp.on('CLOSE', (id, handle) => this.#answer(id, 0, () => this.#close(handle)))
    sftp.on('FSTAT', (id, handle) =>
      this.#answer(id, 0, async () => {
        const open = this.#handle(handle)
        const upload = open.kind === 'file' ? open.upload : undefined
        await upload?.settle()
        const shown = await show(context, owner, open.path).catch((error: unknown) => {
          if (upload === undefined) throw error
          return { name: '', isFolder: false, bytes: 0, shownAt: context.now() }
        })
        sftp.attrs(
          id,
          attributes(upload === undefined ? shown : { ...shown, bytes: upload.pieces.end }),
        )
        return true
      }),
    )
    sftp.on('FSETSTAT', (id, handle, attrs) =>
      this.#answer(id, 0, async () => {
        const open = this.#handle(handle)
        const size = given(attrs).size
        if (size !== undefined && open.kind === 'file') await open.upload?.cut(size)
        await this.#setTime(open.path, attrs)
      }),
    )
    sftp.on('SETSTAT', (id, name, attrs) =>
      this.#answer(id, 0, async () => {
        const path = pathOf(name)
        const { size } = given(attrs)
        if (size !== undefined && (await show(context, owner, path)).bytes !== size) {
          throw new Refused('unsupported', 'The size of a file cannot be set; send it again')
        }
        await this.#setTime(path, attrs)
      }),
    )
    const stat = (id: number, name: string): void =>
      this.#answer(id, 0, async () => {
        sftp.attrs(id, attributes(await show(context, owner, pathOf(name, noSuchFile))))
        return true
      })
    sftp.on('STAT', stat)
    sftp.on('LSTAT', stat)
    sftp.on('REALPATH', (id, name) =>
      this.#answer(id, 0, () => {
        const path = pathOf(name)
        sftp.name(id, [{ filename: path, longname: path, attrs: attributes(NOTHING) }])
        return Promise.resolve(true)
      }),
    )
    sftp.on('OPENDIR', (id, name) =>
      this.#answer(id, 0, async () => {
        const path = pathOf(name, noSuchFile)
        const rest = await list(context, owner, path)
        return this.#opened(id, { kind: 'folder', path, rest })
      }),
    )
    sftp.on('READDIR', (id, handle) => this.#answer(id, 0, () => this.#readFolder(id, handle)))
    sftp.on('REMOVE', (id, name) =>
      this.#answer(id, 0, () => removeFile(context, owner, pathOf(name, noSuchFile))),
    )
    sftp.on('RMDIR', (id, name) =>
      this.#answer(id, 0, () => removeFolder(context, owner, pathOf(name, noSuchFile))),
    )
    sftp.on('MKDIR', (id, name) =>
      this.#answer(id, 0, () => makeFolder(context, owner, pathOf(name))),
    )
    sftp.on('RENAME', (id, from, to) =>
      this.#answer(id, 0, () => rename(context, owner, pathOf(from, noSuchFile), pathOf(to))),
    )
    const noLinks = (id: number): void =>
      this.#answer(id, 0, () =>
        Promise.reject(new Refused('unsupported', 'There are no links here')),
      )
    sftp.on('READLINK', noLinks)
    sftp.on('SYMLINK', noLinks)
    sftp.on('EXTENDED', (id: number) =>
      this.#answer(id, 0, () =>
        Promise.reject(new Refused('unsupported', 'This extension is not known here')),
      ),
    )
  }

  /** Answers a request in its turn. `work` gives true where it has answered itself; otherwise the answer is OK. */
  #answer(id: number, bytes: number, work: () => Promise<boolean | undefined | void>): void {
    const { context, onRequest, onError, explain, end } = this.#options
    if (this.#isOver) return
    onRequest()
    this.#waiting += 1
    this.#waitingBytes += bytes
    const { waitingRequestsMax, waitingBytesMax } = context.limits
    if (this.#waiting > waitingRequestsMax || this.#waitingBytes > waitingBytesMax) {
      end()
      return
    }
    this.#line = this.#line.then(async () => {
      try {
        if ((await work()) !== true) this.#sftp.status(id, STATUS_CODE.OK)
      } catch (error) {
        const isRefused = error instanceof Refused
        if (!isRefused) onError(error)
        const text = isRefused ? error.message : 'The server could not do this; try again later'
        // A question whether something exists needs no explanation.
        if (!isRefused || error.status !== 'noSuchFile') explain(text)
        this.#sftp.status(id, isRefused ? STATUS[error.status] : STATUS_CODE.FAILURE, text)
        if (isRefused && error.ends) end()
      } finally {
        this.#waiting -= 1
        this.#waitingBytes -= bytes
      }
    })
  }

  async #openFile(id: number, name: string, flags: number): Promise<boolean> {
    const has = (flag: number): boolean => (flags & flag) !== 0
    const { context, owner } = this.#options
    if (!has(OPEN_MODE.WRITE) && !has(OPEN_MODE.APPEND)) {
      const shown = await show(context, owner, pathOf(name, noSuchFile))
      throw shown.isFolder ? new Refused('failure', 'This is a folder') : noReading()
    }
    const path = pathOf(name)
    this.#checkHandles()
    const how = {
      create: has(OPEN_MODE.CREAT),
      truncate: has(OPEN_MODE.TRUNC),
      exclusive: has(OPEN_MODE.EXCL),
      append: has(OPEN_MODE.APPEND),
    }
    const upload = await openUpload(context, owner, path, how)
    return this.#opened(id, { kind: 'file', path, upload })
  }

  #opened(id: number, open: Open): boolean {
    this.#checkHandles()
    const number = this.#next++
    this.#open.set(number, open)
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(number)
    this.#sftp.handle(id, handle)
    return true
  }

  #checkHandles(): void {
    const { handlesMax } = this.#options.context.limits
    if (this.#open.size < handlesMax) return
    throw new Refused('failure', `There may be ${handlesMax} files and folders open at most`)
  }

  #handle(handle: Buffer): Open {
    const open = handle.length === 4 ? this.#open.get(handle.readUInt32BE()) : undefined
    if (open === undefined) throw new Refused('failure', 'This file is not open')
    return open
  }

  async #write(handle: Buffer, offset: number, data: Buffer): Promise<void> {
    const open = this.#handle(handle)
    const { context, owner, pace } = this.#options
    if (open.kind !== 'file') throw new Refused('failure', 'This is a folder')
    if (open.upload === undefined) {
      if (offset !== 0) {
        throw new Refused(
          'failure',
          'This file was taken as a delivery: send it from the beginning',
        )
      }
      const anew = { create: true, truncate: true, exclusive: false, append: false }
      open.upload = await openUpload(context, owner, open.path, anew)
    }
    await pace(data.length)
    await open.upload?.write(offset, data)
  }

  async #close(handle: Buffer): Promise<void> {
    const open = this.#handle(handle)
    this.#open.delete(handle.readUInt32BE())
    if (open.kind !== 'file' || open.upload === undefined) return
    await closeUpload(this.#options.context, open.upload)
  }

  #readFolder(id: number, handle: Buffer): Promise<boolean> {
    const open = this.#handle(handle)
    if (open.kind !== 'folder') throw new Refused('failure', 'This is no folder')
    const some = open.rest?.splice(0, NAMES_AT_ONCE) ?? []
    if (some.length === 0) this.#sftp.status(id, STATUS_CODE.EOF)
    else {
      const entries = some.map((shown) => ({
        filename: shown.name,
        longname: longName(shown),
        attrs: attributes(shown),
      }))
      this.#sftp.name(id, entries)
    }
    return Promise.resolve(true)
  }

  async #setTime(path: string, attrs: Attributes): Promise<void> {
    const { mtime } = given(attrs)
    const { context, owner } = this.#options
    if (mtime !== undefined) await setTime(context, owner, path, new Date(mtime * 1000))
  }
}

const NOTHING: Shown = { name: '', isFolder: true, bytes: 0, shownAt: new Date(0) }

function noReading(): Refused {
  return new Refused('denied', 'Files can be sent here; nothing can be fetched')
}

function pathOf(name: string, otherwise: () => Refused = noPath): string {
  const path = boxPath(name)
  if (path === undefined) throw otherwise()
  return path
}

/** A client sends only some of them. */
function given(attrs: Attributes): Partial<Attributes> {
  return attrs
}

function attributes({ isFolder, bytes, shownAt }: Shown): Attributes {
  const seconds = Math.trunc(shownAt.getTime() / 1000)
  const mode = isFolder ? FOLDER_MODE : FILE_MODE
  return { mode, uid: 0, gid: 0, size: bytes, atime: seconds, mtime: seconds }
}

/** As `ls -l` has it, which is what clients show. */
function longName({ name, isFolder, bytes, shownAt }: Shown): string {
  const [day = '', time = ''] = shownAt.toISOString().split(/[T.]/)
  const mode = isFolder ? 'drwx------' : '-rw-------'
  return `${mode} 1 sender sender ${String(bytes).padStart(12)} ${day} ${time.slice(0, 5)} ${name}`
}
