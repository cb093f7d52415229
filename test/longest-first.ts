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

/** Each file as often as it is run: what ends with .db.test.ts on both databases. */
export function longestFirst(files: readonly string[], withServer: boolean): TestFile[] {
  const runs = files.flatMap((file): TestFile[] => {
    if (file.endsWith('.e2e.test.ts')) return [{ file, variant: 'end to end' }]
    if (!file.endsWith('.db.test.ts')) return [{ file, variant: 'pure' }]
    // Of the embedded cluster itself, whatever the others run on.
    const both = withServer && !path.basename(file).startsWith('embedded')
    return both
      ? [
          { file, variant: 'embedded' },
          { file, variant: 'server' },
        ]
      : [{ file, variant: 'embedded' }]
  })
  const rank = ({ file }: TestFile): number =>
    LONG.includes(file) ? LONG.indexOf(file) : LONG.length
  return runs.sort((a, b) => rank(a) - rank(b))
}
