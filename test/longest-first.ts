/** In which order files of tests are run: the longest first, so that none of them runs alone in the end. */
import path from 'node:path'

export type Variant = 'pure' | 'embedded' | 'server' | 'end to end'

export interface TestFile {
  readonly file: string
  readonly variant: Variant
}

/** Files that take 15 s and more, the longest first, as scripts/test tells in the end. The others follow by name. */
const LONG: readonly string[] = [
  'test/faults/server.e2e.test.ts',
  'test/store/embedded.db.test.ts',
  'test/faults/embedded.e2e.test.ts',
  'test/hostile/mutations.db.test.ts',
  'test/story.e2e.test.ts',
  'test/import/properties.db.test.ts',
  'test/schedule/hosts.e2e.test.ts',
  'test/schedule/stop.e2e.test.ts',
  'test/import/work.db.test.ts',
  'test/story/courses-and-keys.e2e.test.ts',
  'test/story/deliveries-gone-wrong.e2e.test.ts',
  'test/story/modes.e2e.test.ts',
  'test/faults/disk.e2e.test.ts',
  'test/correction/undo-properties.db.test.ts',
  'test/story/by-hand.e2e.test.ts',
  'test/import/modes.properties.db.test.ts',
  'test/schedule/serve.e2e.test.ts',
  'test/collect/sftp.db.test.ts',
  'test/backup/killed.db.test.ts',
  'test/collect/collectors.e2e.test.ts',
  'test/backup/backup.e2e.test.ts',
  'test/story/school-years.e2e.test.ts',
  'test/story/judgement.e2e.test.ts',
  'test/backup/backup.db.test.ts',
  'test/dropbox/uploads.db.test.ts',
  'test/store/upgrade.db.test.ts',
  'test/store/run-pages.db.test.ts',
  'test/import/memory.e2e.test.ts',
  'test/hostile/mutations.test.ts',
]

/**
 * What talks to the world outside: it has no SQL that the others have not. Its files are parted between the two databases, each
 * has every other one, unless both are asked for.
 */
const PARTED = /^test\/(access|collect|command|dropbox|mail|web)\//

/**
 * Each file as often as it is run: what ends with .db.test.ts on both databases.
 * @param everywhere Also what is parted between them otherwise.
 */
export function longestFirst(
  files: readonly string[],
  { withServer, everywhere }: { readonly withServer: boolean; readonly everywhere: boolean },
): TestFile[] {
  let parted = 0
  const runs = files.flatMap((file): TestFile[] => {
    if (file.endsWith('.e2e.test.ts')) return [{ file, variant: 'end to end' }]
    if (!file.endsWith('.db.test.ts')) return [{ file, variant: 'pure' }]
    // Of the embedded cluster itself, whatever the others run on.
    const both = withServer && !path.basename(file).startsWith('embedded')
    if (!both) return [{ file, variant: 'embedded' }]
    if (!everywhere && PARTED.test(file)) {
      return [{ file, variant: parted++ % 2 === 0 ? 'embedded' : 'server' }]
    }
    return [
      { file, variant: 'embedded' },
      { file, variant: 'server' },
    ]
  })
  const rank = ({ file }: TestFile): number =>
    LONG.includes(file) ? LONG.indexOf(file) : LONG.length
  return runs.sort((a, b) => rank(a) - rank(b))
}
