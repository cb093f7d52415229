import fs from 'node:fs'
import path from 'node:path'
import { type ChunkingContext, rolldown } from 'rolldown'

/** What is started by itself: the program, its threads, and what is only loaded where it is needed (moduleFile). */
const STARTED = ['main', 'import/copy-worker', 'schedule/import-thread', 'rules/parse']
/**
 * Modules that come in one file with all that they import, the first that names one has it. Each file costs a millisecond and
 * more to load: an import loads 5 of them in place of 80, which is 0.13 s of processor time less.
 */
const TOGETHER: { readonly [name: string]: readonly string[] } = {
  copying: ['import/copying', 'import/ring'],
  joining: ['command/join-ahead'],
  program: ['command/program', 'command/open'],
  importing: ['command/import', 'import/run'],
}

const root = path.resolve(import.meta.dirname, '..')
const fileOf = (name: string): string => path.join(root, 'src', `${name}.ts`)
const entries = Object.fromEntries(STARTED.map((name) => [name, fileOf(name)]))

/** In which of these files a module is; null for one that is in none. */
function together(id: string, graph: ChunkingContext): string | null {
  places ??= new Map(
    Object.entries(TOGETHER)
      .toReversed()
      .flatMap(([name, modules]) => withImports(modules.map(fileOf)).map((each) => [each, name])),
  )
  return places.get(id) ?? null

  function withImports(modules: readonly string[]): string[] {
    const found = new Set(modules)
    for (const each of found) {
      for (const imported of graph.getModuleInfo(each)?.importedIds ?? []) found.add(imported)
    }
    return [...found]
  }
}
let places: Map<string, string> | undefined

const unfinished = path.join(root, 'node_modules/.rollcall-dist')
fs.rmSync(unfinished, { recursive: true, force: true })
const bundle = await rolldown({
  cwd: root,
  input: entries,
  // Packages are left as they are.
  external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  checks: { ineffectiveDynamicImport: false },
})
await bundle.write({
  dir: unfinished,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'parts/[name]-[hash].js',
  // Less to read at each start; lines stay, for what an error says of where it was.
  comments: { jsdoc: false },
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ name: together, debugName: 'together' }],
  },
})
await bundle.close()
// Renamed when whole: half a dist is never run. A service that runs is to be stopped before (docs/install.md), as it loads parts later.
fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true })
fs.renameSync(unfinished, path.join(root, 'dist'))
