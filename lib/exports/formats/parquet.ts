import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { Column, Kind } from '../catalogue.ts'
import { digitsOf, type Sheet, Untellable, type Value } from './format.ts'
import { dayNumber, readInstant } from './instant-text.ts'

type Schema = ConstructorParameters<typeof ParquetWriter>[0]['schema']
type Cell = string | number | bigint | null

// A row group is held whole until it is written.
const rowsOfGroup = 10_000
const charactersOfGroup = 8 * 1024 * 1024

const typeOfKind: Record<Kind, Omit<Schema[number], 'name'>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  decimal: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  count: { type: 'INT64' },
  money: { type: 'INT64' },
  day: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  instant: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
}

/**
 * A Parquet file: counts and money (minor units) as INT64, instants in UTC to the microsecond, days
 * as DATE, the rest as text. What was asked, the columns' definitions and the totals are its metadata.
 */
export async function* parquet(sheet: Sheet): AsyncGenerator<Uint8Array> {
  const { columns } = sheet
  const bytes = new ByteWriter(1024 * 1024)
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'rows', num_children: columns.length }, ...columns.map(elementOf)],
    createdBy: 'Turnout',
    kvMetadata: metadataOf(sheet),
  })
  for await (const group of groupsOf(sheet)) {
    const columnData = columns.map(({ name }, i) => ({
      name,
      data: group[i] ?? [],
      // an index of pages would stay in memory until the end
      offsetIndex: false,
    }))
    writer.write({ columnData, rowGroupSize: rowsOfGroup })
    yield taken(bytes)
  }
  writer.finish()
  yield taken(bytes)
}

const elementOf = ({ name, kind }: Column): Schema[number] => ({
  name,
  repetition_type: 'OPTIONAL',
  ...typeOfKind[kind],
})

function metadataOf({ type, asOf, columns, totals }: Sheet): { key: string; value: string }[] {
  const told = columns.map(({ name, definition, kind }) => ({ name, definition, kind }))
  const sums = totals.map(({ currency, values }) => ({
    currency,
    values: Object.fromEntries(Object.entries(values).map(([name, sum]) => [name, String(sum)])),
  }))
  return [
    { key: 'type', value: type },
    { key: 'asOf', value: asOf },
    { key: 'columns', value: JSON.stringify(told) },
    { key: 'totals', value: JSON.stringify(sums) },
  ]
}

// The buffer is used again for the next group, the offset counts on.
function taken(bytes: ByteWriter): Uint8Array {
  const written = bytes.getBytes().slice()
  bytes.index = 0
  return written
}

/** The cells of each row group, by columns. */
async function* groupsOf({ columns, rows }: Sheet): AsyncGenerator<Cell[][]> {
  const read = columns.map(({ kind }) => cellOf[kind])
  let group: Cell[][] = columns.map(() => [])
  let count = 0
  let characters = 0
  for await (const batch of rows) {
    for (const row of batch) {
      for (const [i, cells] of group.entries()) {
        const value = row[i] ?? null
        const cell = value === null ? null : (read[i]?.(value) ?? null)
        if (typeof cell === 'string') characters += cell.length
        cells.push(cell)
      }
      count += 1
      if (count < rowsOfGroup && characters < charactersOfGroup) continue
      yield group
      group = columns.map(() => [])
      count = 0
      characters = 0
    }
  }
  if (count > 0) yield group
}

function whole(value: NonNullable<Value>): bigint {
  const exact = BigInt(digitsOf(value))
  if (BigInt.asIntN(64, exact) !== exact) throw new Untellable(`${exact} is beyond 64 bits`)
  return exact
}

const cellOf: Record<Kind, (value: NonNullable<Value>) => Cell> = {
  text: String,
  decimal: String,
  count: whole,
  money: whole,
  day: (value) => dayNumber(String(value)) ?? refused(value, 'day'),
  instant: (value) => {
    const shown = readInstant(String(value)) ?? refused(value, 'instant')
    const seconds = shown.day * 86_400 + shown.secondOfDay - shown.offsetSeconds
    return BigInt(seconds) * 1_000_000n + BigInt(shown.micros)
  },
}

function refused(value: NonNullable<Value>, kind: Kind): never {
  throw new Untellable(`${value} is no ${kind} that a Parquet file can hold`)
}
