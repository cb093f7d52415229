import { z } from 'zod'
import { schema } from './json-schema.ts'
import { type Operation, pathOf, readsOnly } from './operation.ts'
import { IDEMPOTENCY_KEY, OTHER_PATHS } from './other-paths.ts'
import { PROBLEM_TYPE } from './problem.ts'

type Json = { readonly [name: string]: unknown }

const PROBLEM_SCHEMA = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().optional(),
    hint: z.string().optional(),
    faults: z.array(z.object({ at: z.string(), says: z.string() })).optional(),
  })
  .meta({ description: 'A refusal (RFC 9457). docs/errors.md explains each code.' })

/** What is answered over HTTP as an OpenAPI 3.1 document, made of the very operations that are served. */
export function openApiDocument(operations: readonly Operation[], version: string): Json {
  const paths: { [path: string]: { [method: string]: Json } } = {
    ...OTHER_PATHS,
  }
  for (const each of operations) {
    const path = pathOf(each)
    paths[path] = { ...paths[path], [each.method]: documented(each) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rollcall',
      version,
      description:
        'Everything that the command line does with a site, and with sites, accounts and tokens of the installation. Times are UTC, ISO 8601. Sync keys and what is searched for stand in ' +
        'bodies, never in addresses.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(['service', 'deliveries', ...operations.map(({ tag }) => tag)])].map(
      (name) => ({ name }),
    ),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        metrics: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Problem: schema(PROBLEM_SCHEMA, 'output') },
      responses: {
        Problem: {
          description: 'A refusal.',
          content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

const SITE = { name: 'site', in: 'path', required: true, schema: { type: 'string' } } as const

function documented(operation: Operation): Json {
  const { id, tag, of, scope, summary, params, query, body, answer, method } = operation
  const parameters = [
    ...(of === undefined ? [SITE] : []),
    ...parametersOf(params, 'path'),
    ...parametersOf(query, 'query'),
    ...(method === 'post' && !readsOnly(operation) ? [IDEMPOTENCY_KEY] : []),
  ]
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: `Needs the scope \`${scope}\`${of === 'installation' ? ' and a token of the installation' : ''}.`,
    parameters,
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schema(body, 'input') } },
          },
        }),
    responses: {
      '200': {
        description: 'Done.',
        content: { 'application/json': { schema: schema(answer, 'output') } },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

function parametersOf(shape: z.ZodObject | undefined, where: 'path' | 'query'): Json[] {
  if (shape === undefined) return []
  const { properties = {}, required = [] } = schema(shape, 'input') as {
    properties?: { [name: string]: Json }
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }))
}
