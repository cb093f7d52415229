import fs from 'node:fs'

/**
 * Where clusters of tests lie: in memory where there is room for so many bytes, else in /tmp. What is killed by tests are processes,
 * not the machine; on ext4 a tenth of the processor time of test/import/roster went into making and removing files of databases.
 */
export function roomyFolder(bytes: number): string {
  const memory = '/dev/shm'
  if (!fs.existsSync(memory)) return '/tmp'
  const { bavail, bsize } = fs.statfsSync(memory)
  return bavail * bsize >= bytes ? memory : '/tmp'
}
