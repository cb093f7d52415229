import { enableCompileCache } from 'node:module'

enableCompileCache()

const words = process.argv.slice(2)
const { joinAhead } = await import('./command/join-ahead.ts')
await joinAhead(words)
const { runCommandLine } = await import('./command/program.ts')
await runCommandLine(words)
