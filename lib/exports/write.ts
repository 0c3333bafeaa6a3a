import type { Tx } from '../clients/postgres.ts'
import type { Column, ExportType, Format } from './catalogue.ts'
import { copyLines, csvLines, jsonLines } from './copy.ts'
import type { Value, Writer } from './formats/format.ts'
import { json } from './formats/json.ts'
import { ndjson } from './formats/ndjson.ts'
import { packed } from './formats/packed.ts'
import { parquet } from './formats/parquet.ts'
import { xlsx } from './formats/xlsx.ts'
import { csvSelect, jsonSelect } from './render.ts'
import type { Question } from './schema.ts'
import { tellQuestion } from './source.ts'
import { readTotals, type Total } from './totals.ts'

/** No file has more rows: it would not be written before its function ends. */
export const mostRows = 10_000_000

/** The file would have more rows than any may have; it is refused, never cut. */
export class TooManyRows extends Error {
  constructor(rows: number) {
    super(`The file would have ${rows} rows, more than ${mostRows}: ask for a shorter time`)
  }
}

/** What a file is made of: its type, its question and moment, its format. */
export type Plan = { type: ExportType; question: Question; asOf: string; format: Format }

/** How many rows the file has, and the totals of its columns. */
export type Whole = { rows: number; totals: Total[] }

/** Counts the rows and adds the totals, and tells the transaction what is asked: the first step. */
export async function readWhole(tx: Tx, { type, question, asOf }: Plan): Promise<Whole> {
  const { currency = null, includeTest } = question.options
  await tellQuestion(tx, { ...question, asOf, currency, includeTest })
  const whole = await readTotals(tx, type)
  if (whole.rows > mostRows) throw new TooManyRows(whole.rows)
  return whole
}

const writers: Record<Exclude<Format, 'csv'>, Writer> = { ndjson, json, xlsx, parquet }

/** The bytes of the file; `counted` is told of the rows as they come from Postgres. */
export function bytesOf(
  tx: Tx,
  plan: Plan,
  whole: Whole,
  counted: (rows: number) => void,
): AsyncIterable<Uint8Array> {
  const { type, question, format } = plan
  const plain =
    format === 'csv'
      ? csvBytes(tx, plan, counted)
      : writers[format]({
          ...{ title: type.title, type: type.name, columns: type.columns, asOf: plan.asOf },
          totals: whole.totals,
          rows: rowsOf(tx, type, counted),
        })
  return question.options.gzip ? packed(plain) : plain
}

async function* csvBytes(tx: Tx, { type, question }: Plan, counted: (rows: number) => void) {
  const { bom, delimiter, decimal } = question.options
  const names = type.columns.map(({ name }) => name).join(delimiter)
  yield Buffer.from(`${bom ? '\ufeff' : ''}${names}\r\n`)
  yield* copyLines(tx, csvSelect(type, { decimal }), csvLines(delimiter), counted)
}

async function* rowsOf(
  tx: Tx,
  type: ExportType,
  counted: (rows: number) => void,
): AsyncGenerator<Value[][]> {
  for await (const piece of copyLines(tx, jsonSelect(type), jsonLines, counted)) {
    const lines = piece.toString().trimEnd().split('\n')
    yield lines.map((line) => valuesOf(line, type.columns))
  }
}

// A number that JavaScript cannot hold comes as its digits.
function valuesOf(line: string, columns: Column[]): Value[] {
  const values = JSON.parse(line) as (string | number | null)[]
  return values.map((value, i) => {
    const kind = columns[i]?.kind
    return typeof value === 'string' && (kind === 'count' || kind === 'money')
      ? BigInt(value)
      : value
  })
}
