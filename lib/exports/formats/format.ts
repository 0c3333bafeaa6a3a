import type { Column } from '../catalogue.ts'

/**
 * A cell as the row source tells it, by the kind of its column: text, days, instants (ISO text with
 * the offset of the zone) and decimals as text; counts and money (minor units) as numbers, as text
 * of digits beyond 2^53. Null where there is nothing.
 */
export type Value = string | number | bigint | null

/** What a file is made of; rows come in batches, their cells in the order of the columns. */
export type Sheet = {
  type: string
  title: string
  columns: Column[]
  asOf: string
  /** The sums of the totalled columns (money in minor units), for each currency or for none. */
  totals: { currency: string | null; values: Record<string, bigint> }[]
  rows: AsyncIterable<Value[][]>
}

/** A value that the format cannot hold as the column promises: the file is refused, never cut. */
export class Untellable extends Error {}

/**
 * Writes a file piece by piece, pulling rows only as its pieces are taken. The same sheet makes the
 * same bytes. Throws where a cell cannot be told as its column promises: a file is never cut.
 */
export type Writer = (sheet: Sheet) => AsyncIterable<Uint8Array>

/** About how much a writer gathers before it hands it on, in characters or bytes. */
export const pieceSize = 64 * 1024

/** The text of each row as UTF-8, in pieces of about 64 KiB. */
export async function* piecesOf(
  rows: AsyncIterable<Value[][]>,
  written: (row: Value[]) => string,
): AsyncGenerator<Uint8Array> {
  let text = ''
  for await (const batch of rows) {
    for (const row of batch) {
      text += written(row)
      if (text.length < pieceSize) continue
      yield Buffer.from(text)
      text = ''
    }
  }
  if (text) yield Buffer.from(text)
}

const wholePattern = /^(?:0|-?[1-9]\d*)$/

/** The digits of a whole number, every one of them; throws for anything else. */
export function digitsOf(value: string | number | bigint): string {
  // beyond 2^53 a number may have lost digits already
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string' && wholePattern.test(value)) return value
  throw new Untellable(`${value} is no whole number of which every digit is known`)
}
