import { z } from 'zod'

type Json = { readonly [name: string]: unknown }

/** JSON Schema of draft 2020-12, which is what OpenAPI 3.1 takes. */
export function schema(shape: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(shape, { io, unrepresentable: 'any' })
  return rest
}
