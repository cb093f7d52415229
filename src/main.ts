import { enableCompileCache } from 'node:module'

enableCompileCache()

const { runCommandLine } = await import('./command/program.ts')
await runCommandLine(process.argv.slice(2))
