import fs from 'node:fs'
import path from 'node:path'
import { makeFolder } from '../store/durable.ts'
import type { NamedFile } from '../store/dump.ts'
import { nameOfOurs, removeLeft } from './left.ts'

const PREFIX = '.backup-'

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
    this.#folder = path.join(deliveriesFolder, nameOfOurs(PREFIX))
    removeLeft(deliveriesFolder, PREFIX)
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
