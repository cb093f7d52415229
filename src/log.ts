import { pino, type DestinationStream } from 'pino'

export { codeOf } from './errors.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * What a line may say beside what happened: numbers of ours, and words from lists of ours. There is no field for a text, so
 * that no name, key or value of a record can get into the log.
 */
export interface LogFields {
  readonly site?: number
  readonly source?: number
  readonly arrival?: number
  readonly run?: number
  readonly outcome?: string
  /** A code: of errors.ts, of the system or of PostgreSQL. Never a message: those quote values. */
  readonly error?: string
  readonly part?: string
  readonly signal?: string
  readonly version?: string
  readonly count?: number
  readonly ms?: number
  /** Of a request: its method, the pattern of its address (never the address), its status, a token's number, its own id. */
  readonly method?: string
  readonly route?: string
  readonly status?: number
  readonly caller?: string
  readonly request?: string
}

/** One line for one event, whose name is made of lower-case words and underscores. */
export type Log = {
  readonly [level in LogLevel]: (event: string, fields?: LogFields) => void
}

/** A log of JSON lines on standard output; on a terminal, of lines that people read. */
export function openLog(level: LogLevel, stream: DestinationStream = standardOutput()): Log {
  const logger = pino(
    {
      level,
      messageKey: 'event',
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  const at =
    (of: LogLevel) =>
    (event: string, fields: LogFields = {}): void =>
      logger[of](fields, event)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function standardOutput(): DestinationStream {
  return process.stdout.isTTY
    ? { write: (line) => void process.stdout.write(readable(line)) }
    : pino.destination({ dest: 1, sync: true })
}

/** `20:15:03 import_finished site=3 run=12` */
function readable(line: string): string {
  const { level, time, event, pid: _, ...fields } = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`)
  const mark = level === 'info' ? '' : `${String(level)} `
  return `${String(time).slice(11, 19)} ${mark}${String(event)}${rest.join('')}\n`
}
