import { createRequire } from 'node:module'
import { moduleFile } from '../package-folder.ts'
import { readNumber } from '../numbers/read.ts'
import type { Country } from '../numbers/number.ts'
import { compileRules } from '../rules/compile.ts'
import type { Rules } from '../rules/contract.ts'
import type { RulesFile } from '../rules/schema.ts'

// Loaded when it is needed: what reads YAML and checks it takes a fifth of the start of a command, and a source without rules of
// its own needs neither. Required rather than imported, as rules are compiled where nothing is waited for.
const require = createRequire(import.meta.url)

function parse(text: string, name: string): RulesFile {
  const { parseRules } = require(moduleFile('rules/parse')) as typeof import('../rules/parse.ts')
  return parseRules(text, name)
}

/**
 * Compiles the rules of a source as they were set (null for the default ones), with the number checks wired in.
 * Throws ERR_RULES_WRONG with the path of every wrong key.
 */
export function compileSourceRules(text: string | null, name = 'rules'): Rules {
  return compileRules(text === null ? {} : parse(text, name), {
    checkNumber: (country, value) =>
      readNumber(country.toUpperCase() as Country, value).verdict !== 'bad',
  })
}
