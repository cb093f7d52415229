import fs from 'node:fs'

/**
 * Where clusters of tests lie: in memory where there is room for so many bytes, else in /tmp. What is killed by tests are processes,
 * not the machine; with the files of databases on ext4 test/import/roster and test/correction took 172 s, here 116 s.
 */
export function roomyFolder(bytes: number): string {
  const memory = '/dev/shm'
  if (!fs.existsSync(memory)) return '/tmp'
  const { bavail, bsize } = fs.statfsSync(memory)
  return bavail * bsize >= bytes ? memory : '/tmp'
}
