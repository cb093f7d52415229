import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where the package is that this runs from, as its sources or as the files in dist that scripts/bundle made of them. */
export const PACKAGE_FOLDER = folderOfPackage(import.meta.dirname)

function folderOfPackage(folder: string): string {
  return existsSync(path.join(folder, 'package.json'))
    ? folder
    : folderOfPackage(path.dirname(folder))
}

/** File of a module that is not imported by name, for a thread or for later: `import/copy-worker`. scripts/bundle lists each. */
export function moduleFile(name: string): string {
  const ending = path.extname(import.meta.filename)
  return path.join(PACKAGE_FOLDER, ending === '.ts' ? 'src' : 'dist', `${name}${ending}`)
}
