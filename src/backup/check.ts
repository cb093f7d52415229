import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { RollcallError } from '../errors.ts'
import {
  damaged,
  MANIFEST,
  type Manifest,
  partOfTable,
  partsOf,
  readManifest,
  SUMS,
} from './contents.ts'
import { counted } from './parts.ts'

/** A backup whose every byte was looked at. */
export interface Checked {
  readonly folder: string
  readonly manifest: Manifest
  /** Names it. */
  readonly id: string
  readonly bytes: number
}

/**
 * Reads all of a backup: every part is there and has its hash, every table its rows.
 * @throws RollcallError ERR_FILE_UNREADABLE when it is no backup; ERR_BACKUP_DAMAGED with the first part that is wrong.
 */
export async function checkBackup(given: string): Promise<Checked> {
  const folder = path.resolve(given)
  if (!fs.existsSync(path.join(folder, SUMS)) && !fs.existsSync(path.join(folder, MANIFEST))) {
    throw new RollcallError('ERR_FILE_UNREADABLE', `${folder} is not a backup`, {
      hint: `A backup is a folder with the files ${MANIFEST} and ${SUMS}.`,
    })
  }
  const sums = textOf(folder, SUMS)
  const hashes = readSums(sums)
  let bytes = await checkPart(folder, MANIFEST, hashes)
  const manifest = readManifest(textOf(folder, MANIFEST))
  const parts = partsOf(manifest)
  const surplus = [...hashes.keys()].find((part) => !parts.includes(part))
  if (surplus !== undefined) throw damaged(`${SUMS} has a part that ${MANIFEST} does not know`)
  for (const part of parts) if (part !== MANIFEST) bytes += await checkPart(folder, part, hashes)
  for (const { name, rows } of manifest.tables) await checkRows(folder, name, rows)
  return { folder, manifest, id: createHash('sha256').update(sums).digest('hex'), bytes }
}

/** Part → hash. */
function readSums(text: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>()
  if (!text.endsWith('\n')) throw damaged(`${SUMS} is cut off`)
  for (const line of text.slice(0, -1).split('\n')) {
    const [, hash, part] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
    if (hash === undefined || part === undefined) throw damaged(`${SUMS} was changed`)
    hashes.set(part, hash)
  }
  return hashes
}

async function checkPart(
  folder: string,
  part: string,
  hashes: ReadonlyMap<string, string>,
): Promise<number> {
  const expected = hashes.get(part)
  if (expected === undefined) throw damaged(`${SUMS} has no line for ${part}`)
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of reading(folder, part)) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  if (hash.digest('hex') !== expected) throw damaged(`${part} is not what it was`)
  return bytes
}

async function checkRows(folder: string, table: string, rows: number): Promise<void> {
  const part = partOfTable(table)
  const count = { rows: 0 }
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    await pipeline(
      fs.createReadStream(path.join(folder, part)),
      createGunzip(),
      (chunks: AsyncIterable<Buffer>) => counted(chunks, count),
      nowhere,
    )
  } catch (cause) {
    throw damaged(`${part} cannot be unpacked`, cause)
  }
  if (count.rows !== rows)
    throw damaged(`${part} has ${count.rows} rows, and ${rows} belong into it`)
}

async function* reading(folder: string, part: string): AsyncGenerator {
  try {
    yield* fs.createReadStream(path.join(folder, part))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw damaged(`${part} ${code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`}`, cause)
  }
}

function textOf(folder: string, part: string): string {
  try {
    return fs.readFileSync(path.join(folder, part), 'utf8')
  } catch (cause) {
    throw damaged(`${part} is missing, or cannot be read`, cause)
  }
}
