import { setTimeout as sleep } from 'node:timers/promises'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { SpanSink } from '../spans.ts'
import { readable, type Sender } from './readable.ts'

/** Most spans that wait to be sent; what comes when there are more is lost. */
const WAITING_MAX = 2048
/** Spans are sent together, this often. */
const EVERY_MS = 2000
/** Most spans of one request. */
const AT_ONCE_MAX = 512
/** So long an end waits for a collector. */
const END_MS_MAX = 2000

export interface TelemetryOptions {
  /** `OTEL_SERVICE_NAME`; `rollcall` unless set. */
  readonly serviceName: string | undefined
  readonly version: string
  /** Told when a collector does not take spans any more; not again before it has taken some. */
  readonly onLost: () => void
}

/**
 * Sends spans to the collector of OTEL_EXPORTER_OTLP_ENDPOINT, as JSON over HTTP, in the background: nobody waits for it, and
 * what it does not take in time is lost. The library reads the other variables of the exporter (headers, time-out, certificate).
 */
export function startTelemetry({ serviceName, version, onLost }: TelemetryOptions): SpanSink {
  const sender: Sender = {
    resource: resourceFromAttributes({
      'service.name': serviceName || 'rollcall',
      'service.version': version,
      'process.pid': process.pid,
    }),
    instrumentationScope: { name: 'rollcall', version },
  }
  const processor = new BatchSpanProcessor({
    exporter: watched(new OTLPTraceExporter(), onLost),
    maxQueueSize: WAITING_MAX,
    maxExportBatchSize: AT_ONCE_MAX,
    scheduledDelayMillis: EVERY_MS,
  })
  return {
    take: (span) => processor.onEnd(readable(span, sender)),
    async end() {
      const over = new AbortController()
      const late = sleep(END_MS_MAX, false, { signal: over.signal }).catch(() => false)
      const sent = processor.shutdown().then(
        () => true,
        () => false,
      )
      const isSent = await Promise.race([sent, late])
      over.abort()
      return isSent
    },
  }
}

/** The same exporter, which says when it could not send. */
function watched(exporter: OTLPTraceExporter, onLost: () => void): SpanExporter {
  let isLosing = false
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        const isLost = result.error !== undefined
        if (isLost && !isLosing) onLost()
        isLosing = isLost
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
