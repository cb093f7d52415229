import { readNumber } from '../numbers/read.ts'
import type { Country } from '../numbers/number.ts'
import { compileRules } from '../rules/compile.ts'
import type { Rules } from '../rules/contract.ts'
import { parseRules } from '../rules/parse.ts'

/**
 * Compiles the rules of a source as they were set (null for the default ones), with the number checks wired in.
 * Throws ERR_RULES_WRONG with the path of every wrong key.
 */
export function compileSourceRules(text: string | null, name = 'rules'): Rules {
  return compileRules(parseRules(text ?? '', name), {
    checkNumber: (country, value) =>
      readNumber(country.toUpperCase() as Country, value).verdict !== 'bad',
  })
}
