import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import type { KeyPair } from '../correction/rekey.ts'
import { RollcallError } from '../errors.ts'

/** A file of pairs is read whole; a hundred bytes a pair leave room for 100,000. */
const PAIRS_FILE_BYTES_MAX = 10 * 1024 * 1024

/**
 * Reads a CSV file of old and new keys, two columns with commas or semicolons between, with or without a heading
 * `old,new`.
 *
 * @throws RollcallError ERR_FILE_UNREADABLE, ERR_USAGE naming the line at fault.
 */
export function readPairs(file: string): KeyPair[] {
  const text = readText(file)
  const delimiter = /^[^,]*;/.test(text) ? ';' : ','
  let rows: string[][]
  try {
    rows = parse(text, { bom: true, delimiter, skip_empty_lines: true, trim: true })
  } catch (error) {
    throw new RollcallError('ERR_USAGE', `${file} is not CSV with two columns`, { cause: error })
  }
  const isHeading = rows[0]?.[0]?.toLowerCase() === 'old' && rows[0][1]?.toLowerCase() === 'new'
  const pairs = rows.slice(isHeading ? 1 : 0).map(([old = '', next = ''], index) => {
    if (old === '' || next === '') {
      const row = index + (isHeading ? 2 : 1)
      throw new RollcallError('ERR_USAGE', `${file}: row ${row} lacks the old or the new key`)
    }
    return { old, new: next }
  })
  if (pairs.length > 0) return pairs
  throw new RollcallError('ERR_USAGE', `${file} holds no pair`)
}

function readText(file: string): string {
  try {
    const { size } = statSync(file)
    if (size <= PAIRS_FILE_BYTES_MAX) return readFileSync(file, 'utf8')
  } catch (error) {
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} cannot be read`, { cause: error })
  }
  throw new RollcallError('ERR_FILE_UNREADABLE', `${file} is larger than 10 MiB`)
}
