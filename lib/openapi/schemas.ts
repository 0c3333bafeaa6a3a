import * as z from 'zod'

/** A piece of JSON of the document. */
export type Part = Record<string, unknown>

/** The named schemas of a document, collected while its operations are written. */
export type Components = Map<string, Part>

/**
 * The JSON Schema of a zod schema as it validates input, or as it describes an answer. What has an
 * `id` in its meta becomes a component and is referred to, wherever it stands.
 */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Components): Part {
  const { $schema, $defs, ...whole } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => tidy(jsonSchema, io),
  })
  for (const [name, definition] of Object.entries($defs ?? {})) {
    keep(components, name, referring(definition) as Part)
  }
  return referring(whole) as Part
}

/** Adds a component; two of one name must be the same. */
export function keep(components: Components, name: string, part: Part): void {
  const known = components.get(name)
  if (known && JSON.stringify(known) !== JSON.stringify(part)) {
    throw new Error(`Two schemas have the id ${name}: give one of them another`)
  }
  components.set(name, part)
}

// The pattern says what the format says, in 300 characters; the bounds of an answer's integers say
// nothing that a reader could use.
function tidy(jsonSchema: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (io === 'input') return
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

function referring(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referring)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, referring(inner)],
    ),
  )
}
