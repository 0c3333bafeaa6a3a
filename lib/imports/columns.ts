import type { ImportMap } from './schema.ts'
import { columnsOf } from './template.ts'

// Texts that are no templates: braces in them mean something else.
const literalKeys = new Set([
  'description',
  'reason',
  'format',
  'pattern',
  'matches',
  'equals',
  'in',
  'startsWith',
])

/** The columns that the map names and the file does not have. */
export function missingColumns(map: ImportMap, header: readonly string[]): string[] {
  const has = new Set(header)
  return [...new Set(namedIn(map))].filter((column) => !has.has(column))
}

function namedIn(value: unknown): string[] {
  if (typeof value === 'string') return columnsOf(value)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    literalKeys.has(key) ? [] : namedIn(inner),
  )
}
