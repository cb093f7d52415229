import fs from 'node:fs'
import path from 'node:path'

/**
 * Waits until a file's bytes, or the names in a folder, are on the disk. A new or renamed file survives a power cut only once
 * its folder was synced too. On macOS the disk may still hold it in its own memory (fsync(2) there).
 */
export function sync(place: string): void {
  const descriptor = fs.openSync(place, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Makes a folder of mode 0700 with those above it, so that their names are on the disk; nothing where it is there. */
export function makeFolder(folder: string): void {
  const first = fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) {
    sync(path.dirname(made))
  }
}
