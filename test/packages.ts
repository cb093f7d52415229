import { existsSync } from 'node:fs'
import path from 'node:path'

/**
 * For `test(name, { skip: absent('xmllint', 'libxml2-utils') }, …)`: false when the program is on the PATH, else why the
 * test is left out. scripts/test names each absent package once, and fails where everything has to run.
 */
export function absent(program: string, debianPackage: string): string | false {
  const found = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, program)))
  return found ? false : `needs the package ${debianPackage}`
}
