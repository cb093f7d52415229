/** A collector of OpenTelemetry: a real HTTP server that takes spans as JSON. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'

/** A span as it was sent. */
export interface SentSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: { readonly [name: string]: string | number }
  readonly error: string | undefined
}

export interface Collector {
  readonly url: string
  readonly spans: readonly SentSpan[]
  /** Attributes of who sent last. */
  readonly resource: { readonly [name: string]: string | number }
  /** Everything that was sent, as it came. */
  readonly text: () => string
  /** Requests that came. */
  readonly requests: () => number
  close(): Promise<void>
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: number | string
}
interface Attribute {
  readonly key: string
  readonly value: Value
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<SentSpan, 'attributes' | 'error'> & {
        readonly attributes?: readonly Attribute[]
        readonly status?: { readonly code?: number; readonly message?: string }
      })[]
    }[]
  }[]
}

/** @param answers `never`: it takes what comes, and says nothing until it is closed. */
export async function startCollector(answers: 'at once' | 'never' = 'at once'): Promise<Collector> {
  const spans: SentSpan[] = []
  const waiting: ServerResponse[] = []
  let resource: Collector['resource'] = {}
  let text = ''
  let requests = 0
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      requests += 1
      text += `${request.url} ${JSON.stringify(request.headers)} ${body}\n`
      for (const { resource: from, scopeSpans } of (JSON.parse(body) as Sent).resourceSpans) {
        resource = named(from.attributes)
        for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
          const error = span.status?.code === 2 ? span.status.message : undefined
          spans.push({ ...span, attributes: named(span.attributes ?? []), error })
        }
      }
      if (answers === 'never') waiting.push(response)
      else response.setHeader('content-type', 'application/json').end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get resource() {
      return resource
    },
    text: () => text,
    requests: () => requests,
    async close() {
      for (const response of waiting) response.end('{}')
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function named(attributes: readonly Attribute[]): { readonly [name: string]: string | number } {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  )
}

/** The names from a span up to the one that is part of nothing. */
export function lineage(spans: readonly SentSpan[], span: SentSpan): string[] {
  const parent = spans.find(
    ({ traceId, spanId }) => traceId === span.traceId && spanId === span.parentSpanId,
  )
  return [span.name, ...(parent === undefined ? [] : lineage(spans, parent))]
}
