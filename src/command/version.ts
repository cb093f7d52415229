import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PACKAGE_FOLDER } from '../package-folder.ts'

interface PackageFile {
  readonly version: string
}

/** The version of this program, as its package says. */
export const VERSION: string = (
  JSON.parse(readFileSync(path.join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as PackageFile
).version
