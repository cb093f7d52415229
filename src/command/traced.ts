import { endSpans, sendSpans, type Span, spanned, spansLost } from '../spans.ts'
import { VERSION } from './version.ts'

/** What these do goes on until they are stopped: each thing that they do is a trace of its own. */
const LONG: ReadonlySet<string> = new Set(['serve', 'worker'])

type Noted = Pick<Span, 'note' | 'fail'>

const UNTRACED: Noted = { note() {}, fail() {} }

/**
 * Runs a command line as a span, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector. Without one nothing is loaded.
 * What the collector has not taken two seconds after the end is lost. `work` throws nothing.
 */
export async function traced(
  words: readonly string[],
  work: (span: Noted) => Promise<void>,
): Promise<void> {
  const set = (name: string): string => process.env[name]?.trim() ?? ''
  // One that is wrong is refused with the rest of the configuration.
  if (!/^https?:/.test(URL.parse(set('OTEL_EXPORTER_OTLP_ENDPOINT'))?.protocol ?? ''))
    return work(UNTRACED)
  const { startTelemetry } = await import('../telemetry/start.ts')
  const serviceName = set('OTEL_SERVICE_NAME')
  sendSpans(startTelemetry({ serviceName, version: VERSION, onLost: spansLost }))
  try {
    if (LONG.has(words[0] ?? '')) await work(UNTRACED)
    else await spanned('command', {}, work)
  } finally {
    // Connections to a collector that does not answer would keep the process.
    if (!(await endSpans())) process.exit()
  }
}
