import { readFileSync } from 'node:fs'
import { readConfig } from '../config.ts'
import { RollcallError } from '../errors.ts'
import { checkFile, type CheckReport } from '../import/check.ts'
import { compileSourceRules } from '../import/source-rules.ts'
import { EXIT } from './failures.ts'
import { printJson, printLines } from './output.ts'
import { checkJson, checkLines, departures } from './render-check.ts'

export interface CheckOptions {
  readonly rules?: string
  readonly strict?: boolean
  readonly limit: number
  readonly json?: boolean
}

export async function runCheck(file: string, options: CheckOptions): Promise<void> {
  const { limits } = readConfig(process.env)
  const rules =
    options.rules === undefined
      ? compileSourceRules(null)
      : compileSourceRules(readRulesFile(options.rules), options.rules)
  const report = await checkFile({ file, rules, limits })
  const shown = { strict: options.strict === true, limit: options.limit }
  if (options.json === true) printJson(checkJson(report, shown))
  else printLines(checkLines(report, shown))
  process.exitCode = exitCodeOfCheck(report, shown.strict)
}

export function exitCodeOfCheck(report: CheckReport, strict: boolean): number {
  if (report.outcome === 'refused') return EXIT.refused
  if (report.outcome === 'setAside') return EXIT.setAside
  return strict && departures(report) > 0 ? EXIT.setAside : EXIT.done
}

/** Text of a rules file. Throws ERR_FILE_UNREADABLE. */
export function readRulesFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} cannot be read`, { cause })
  }
}
