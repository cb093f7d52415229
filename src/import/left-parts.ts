import { readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'

/** Removes files whose names begin so and that nobody has written to for so long: what processes that died have left. */
export function removeLeftParts(
  folder: string,
  prefix: string,
  olderThanMs: number,
  now: Date,
): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue
    const file = path.join(folder, name)
    const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs
    if (written !== undefined && written < now.getTime() - olderThanMs)
      rmSync(file, { force: true })
  }
}
