import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'

/** A kept delivery as it came. */
export function keptBytes(file: string): Buffer {
  const bytes = readFileSync(file)
  return file.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes
}
