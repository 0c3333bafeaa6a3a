import { piecesOf, type Sheet } from './format.ts'
import { jsonRowOf } from './json-row.ts'

/** One JSON object a line; money in minor units. */
export function ndjson({ columns, rows }: Sheet): AsyncIterable<Uint8Array> {
  const written = jsonRowOf(columns)
  return piecesOf(rows, (row) => `${written(row)}\n`)
}
