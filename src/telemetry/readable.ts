import {
  type Attributes,
  type HrTime,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { EndedSpan, SpanFields, SpanSide } from '../spans.ts'

/** Who sends, beside each span. */
export type Sender = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>

const KINDS: { readonly [side in SpanSide]: SpanKind } = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
}

/** Names of attributes: those of OpenTelemetry's conventions where there is one. */
const NAMES: { readonly [field in keyof Required<SpanFields>]: string } = {
  site: 'rollcall.site',
  source: 'rollcall.source',
  arrival: 'rollcall.arrival',
  run: 'rollcall.run',
  outcome: 'rollcall.outcome',
  command: 'rollcall.command',
  kind: 'rollcall.kind',
  request: 'rollcall.request',
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
}

/** A span as OpenTelemetry's library has it. */
export function readable(span: EndedSpan, sender: Sender): ReadableSpan {
  const { traceId, id, parentId, name, side, began, ended, fields, error } = span
  const traceFlags = TraceFlags.SAMPLED
  return {
    name,
    kind: KINDS[side],
    spanContext: () => ({ traceId, spanId: id, traceFlags }),
    ...(parentId === undefined
      ? {}
      : { parentSpanContext: { traceId, spanId: parentId, traceFlags } }),
    startTime: time(began),
    endTime: time(ended),
    duration: time(ended - began),
    ended: true,
    status:
      error === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: error },
    attributes: attributes(fields, error),
    links: [],
    events: [],
    ...sender,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

function attributes(fields: SpanFields, error: string | undefined): Attributes {
  const named: Attributes = error === undefined ? {} : { 'error.type': error }
  for (const [field, value] of Object.entries(fields) as [keyof SpanFields, string | number][]) {
    named[NAMES[field]] = value
  }
  return named
}

function time(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
