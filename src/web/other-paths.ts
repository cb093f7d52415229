import { z } from 'zod'
import { schema } from './json-schema.ts'
import { WEB_LIMITS } from './limits.ts'
import { PROBLEM_TYPE } from './problem.ts'

type Json = { readonly [name: string]: unknown }

const REFUSED = { $ref: '#/components/responses/Problem' }
const JSON_OBJECT = { 'application/json': { schema: { type: 'object' } } }

/** A POST with the same key is done once; which operations take it is theirs to say. */
export const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: `The same key within ${WEB_LIMITS.idempotencyHours} hours is done once.`,
  schema: { type: 'string', minLength: 1, maxLength: 200 },
} as const

/** What an upload is answered with. */
const TAKEN = z.object({ arrival: z.int(), bytes: z.int(), sha256: z.string() })

function text(name: string, where: 'query' | 'header', description: string): Json {
  return { name, in: where, required: false, description, schema: { type: 'string' } }
}

/** Entries of the document for what is no operation on a site; a test compares them with the routes. */
export const OTHER_PATHS: { readonly [path: string]: { readonly [method: string]: Json } } = {
  '/api/deliveries': {
    post: {
      operationId: 'deliver',
      tags: ['deliveries'],
      summary: 'Upload a delivery',
      description:
        'Needs the scope `deliver`. The body is the file as it is, also in gzip or zip. It is a delivery once all of its bytes are on disk.',
      parameters: [
        text('site', 'query', 'Its site, where the token is for several'),
        text('source', 'query', 'Its source, where the site has several'),
        text('fileName', 'query', 'What the file is called, for people only'),
        text('Content-Disposition', 'header', 'Its `filename`, where there is no `fileName`'),
        text('Content-Digest', 'header', '`sha-256=:…:` (RFC 9530), checked where it is sent'),
        IDEMPOTENCY_KEY,
      ],
      requestBody: { required: true, content: { '*/*': {} } },
      responses: {
        '202': {
          description: 'The delivery is kept and waits for its run.',
          content: { 'application/json': { schema: schema(TAKEN, 'output') } },
        },
        default: REFUSED,
      },
    },
  },
  '/api/openapi.json': {
    get: {
      operationId: 'openapi',
      tags: ['service'],
      summary: 'This document',
      security: [],
      responses: { '200': { description: 'The document.', content: JSON_OBJECT } },
    },
  },
  '/healthz': {
    get: {
      operationId: 'health',
      tags: ['service'],
      summary: 'Whether the process answers',
      security: [],
      responses: { '200': { description: 'It does.', content: JSON_OBJECT } },
    },
  },
  '/readyz': {
    get: {
      operationId: 'ready',
      tags: ['service'],
      summary: 'Whether database and folder can be used',
      security: [],
      responses: {
        '200': { description: 'They can.', content: JSON_OBJECT },
        '503': { description: 'They cannot; `code` says why.', content: JSON_OBJECT },
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      tags: ['service'],
      summary: 'Figures for Prometheus',
      description:
        'Needs the token of metrics, or, where none is set, a request from the machine itself.',
      security: [{ metrics: [] }, {}],
      responses: {
        '200': { description: 'The figures.', content: { 'text/plain': {} } },
        '403': {
          description: 'They are for the operator.',
          content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  },
}
