import fs from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

/** What is started by itself: the program, its threads, and what is only loaded where it is needed (moduleFile). */
const STARTED = ['main', 'import/copy-worker', 'schedule/import-thread', 'rules/parse']

const root = path.resolve(import.meta.dirname, '..')
const unfinished = path.join(root, 'node_modules/.rollcall-dist')
fs.rmSync(unfinished, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: STARTED.map((name) => `src/${name}.ts`),
  outbase: 'src',
  outdir: unfinished,
  bundle: true,
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
})
// Renamed when whole: half a dist is never run. A service that runs is to be stopped before (docs/install.md), as it loads parts later.
fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true })
fs.renameSync(unfinished, path.join(root, 'dist'))
