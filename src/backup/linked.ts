import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { makeFolder } from '../store/durable.ts'
import type { NamedFile } from '../store/dump.ts'

const PREFIX = '.backup-'
/** Links of another host's backup are left alone for so long. */
const LEFT_MS = 48 * 3_600_000

/**
 * Files that are held for as long as a backup takes: by second names (hard links), so that it makes no difference if they are
 * deleted or imported meanwhile. Where the file system knows no links they are copied.
 */
export class Linked {
  readonly #deliveries: string
  readonly #folder: string
  readonly #places = new Map<string, string>()

  constructor(deliveriesFolder: string) {
    this.#deliveries = deliveriesFolder
    this.#folder = path.join(
      deliveriesFolder,
      `${PREFIX}${os.hostname()}-${process.pid}-${randomUUID()}`,
    )
    removeLeft(deliveriesFolder)
  }

  /** Gets hold of files that it has not yet; gives those that are not there. */
  link(files: readonly NamedFile[]): string[] {
    if (files.length > 0) makeFolder(this.#folder)
    return files
      .map((file) => file.path)
      .filter((name) => !this.#places.has(name) && !this.#hold(name))
  }

  placeOf(name: string): string {
    return this.#places.get(name) ?? ''
  }

  letGo(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true })
  }

  #hold(name: string): boolean {
    const file = path.join(this.#deliveries, name)
    const place = path.join(this.#folder, String(this.#places.size))
    try {
      fs.linkSync(file, place)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return false
      if (!/^(EPERM|EOPNOTSUPP|ENOTSUP|ENOSYS|EMLINK|EXDEV)$/.test(code)) throw error
      fs.copyFileSync(file, place)
    }
    this.#places.set(name, place)
    return true
  }
}

/** Removes what backups that were killed hold on to. */
function removeLeft(deliveriesFolder: string): void {
  if (!fs.existsSync(deliveriesFolder)) return
  for (const name of fs.readdirSync(deliveriesFolder)) {
    if (!name.startsWith(PREFIX)) continue
    const folder = path.join(deliveriesFolder, name)
    const age = Date.now() - (fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    const ours = name.startsWith(`${PREFIX}${os.hostname()}-`)
    const pid = Number(name.slice(PREFIX.length + os.hostname().length + 1).split('-')[0])
    if ((ours && !isRunning(pid)) || age > LEFT_MS)
      fs.rmSync(folder, { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
