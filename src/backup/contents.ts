import path from 'node:path'
import { RollcallError } from '../errors.ts'
import type { DumpedSequence, DumpedTable } from '../store/dump.ts'
import type { Applied } from '../store/migrate.ts'

/** First line of every manifest; another number is another format. */
export const FORMAT = 'rollcall backup 1'
/** What the backup is, and what is in it. */
export const MANIFEST = 'manifest.json'
/** A line for each part, as `sha256sum` writes them: `sha256sum -c SHA256SUMS` checks a backup without Rollcall. */
export const SUMS = 'SHA256SUMS'
/** The key of secrets, where it was asked for. */
export const KEY = 'key'
export const DELIVERIES = 'deliveries'

/** What a backup says of itself. */
export interface Manifest {
  readonly format: typeof FORMAT
  readonly madeAt: string
  /** Version of the program that made it. */
  readonly program: string
  /** Which database it is of, without password. */
  readonly database: string
  readonly migrations: readonly Applied[]
  readonly tables: readonly (DumpedTable & { readonly rows: number })[]
  readonly sequences: readonly DumpedSequence[]
  readonly folderId: string | null
  /** Files below the deliveries folder. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  /** Files that rows name and that the installation does not have, or not as they came. */
  readonly missing: readonly string[]
  readonly changed: readonly string[]
  readonly hasKey: boolean
}

/** Where a table's rows lie in a backup. */
export function partOfTable(table: string): string {
  return `database/${table}.copy.gz`
}

/** Everything that a backup must have beside its sums. */
export function partsOf(manifest: Manifest): readonly string[] {
  return [
    MANIFEST,
    ...manifest.tables.map(({ name }) => partOfTable(name)),
    ...manifest.files.map((file) => `${DELIVERIES}/${file.path}`),
    ...(manifest.hasKey ? [KEY] : []),
  ]
}

/** @throws RollcallError ERR_BACKUP_DAMAGED when it is no manifest, or of a format that this program does not know. */
export function readManifest(text: string): Manifest {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (cause) {
    throw damaged(`${MANIFEST} is cut off or was changed`, cause)
  }
  const manifest = read as Manifest
  if (manifest?.format !== FORMAT) {
    throw new RollcallError(
      'ERR_BACKUP_DAMAGED',
      `${MANIFEST} is not of a backup that this program reads`,
      {
        hint: 'Was it made by a newer Rollcall? Then use that one. Nothing was changed.',
      },
    )
  }
  // Names become paths: none may lead out of the folder that it belongs into.
  const names = [
    ...manifest.tables.map(({ name }) => name),
    ...manifest.files.map((file) => file.path),
  ]
  const stray = names.some((name) => path.posix.normalize(`/${name}`) !== `/${name}`)
  if (stray) throw damaged(`${MANIFEST} names a place outside of the backup`)
  return manifest
}

export function damaged(what: string, cause?: unknown): RollcallError {
  return new RollcallError('ERR_BACKUP_DAMAGED', `The backup is damaged: ${what}`, {
    hint: 'Nothing was changed. Take another backup, or another copy of this one.',
    cause,
  })
}
