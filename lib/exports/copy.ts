import type { Readable } from 'node:stream'
import type { Tx } from '../clients/postgres.ts'
import { within } from '../deadline.ts'

/** How the lines of a COPY are to be told apart and ended. */
export type Lines = { delimiter: string; quote: string; ending: string }

/** Cells in CSV, ended as RFC 4180 has it. */
export const csvLines = (delimiter: string): Lines => ({ delimiter, quote: '"', ending: '\r\n' })
// A line is one cell of JSON, in which there are no control characters: nothing is quoted.
export const jsonLines: Lines = { delimiter: '\u0002', quote: '\u0001', ending: '\n' }

const chunkBytes = 256 * 1024
/** No row for so long while somebody waits for one: the database is taken for dead. */
const stallMs = 60_000

/**
 * Streams the lines of a select as Postgres writes them, in pieces of about 256 KB of whole lines;
 * nothing is read ahead of the consumer but one piece. `counted` is told of each piece's lines. Throws
 * what Postgres says, or DeadlinePassed where it says nothing for a minute.
 *
 * Rows are not touched one by one: the driver hands over a chunk for each, which is copied once.
 */
export async function* copyLines(
  tx: Tx,
  select: string,
  { delimiter, quote, ending }: Lines,
  counted: (lines: number) => void,
): AsyncGenerator<Buffer> {
  const literal = (text: string) => `E'${text === '\t' ? '\\t' : escaped(text)}'`
  const format = `(format csv, delimiter ${literal(delimiter)}, quote ${literal(quote)})`
  const stream: Readable = await tx.unsafe(`copy (${select}) to stdout with ${format}`).readable()
  const pieces = piecesOf(stream, Buffer.from(ending))
  for await (const { bytes, lines } of pieces) {
    counted(lines)
    yield bytes
  }
}

const escaped = (text: string): string =>
  text < ' ' ? `\\x${text.charCodeAt(0).toString(16).padStart(2, '0')}` : text

type Piece = { bytes: Buffer; lines: number }

async function* piecesOf(stream: Readable, ending: Buffer): AsyncGenerator<Piece> {
  let [piece, used, lines] = [Buffer.allocUnsafe(chunkBytes), 0, 0]
  const full: Piece[] = []
  let isEnded = false
  let failure: unknown
  let wake = () => {}
  const hand = () => {
    if (lines === 0) return
    full.push({ bytes: piece.subarray(0, used), lines })
    ;[piece, used, lines] = [Buffer.allocUnsafe(chunkBytes), 0, 0]
    stream.pause()
    wake()
  }
  // One chunk is one row with a line feed at its end, for which the ending is put.
  stream.on('data', (row: Buffer) => {
    const length = row.length - 1 + ending.length
    if (used + length > piece.length) {
      hand()
      if (length > piece.length) piece = Buffer.allocUnsafe(length)
    }
    used += row.copy(piece, used, 0, row.length - 1)
    used += ending.copy(piece, used)
    lines += 1
  })
  stream.on('end', () => {
    hand()
    isEnded = true
    wake()
  })
  const failed = (error?: unknown) => {
    if (isEnded) return
    failure ??= error ?? new Error('the rows ended before their end')
    wake()
  }
  stream.on('error', failed)
  stream.on('close', () => failed())
  try {
    for (;;) {
      const next = full.shift()
      if (next) yield next
      else if (failure) throw failure
      else if (isEnded) return
      else {
        const news = new Promise<void>((resolve) => {
          wake = resolve
        })
        stream.resume()
        await within(stallMs, news)
      }
    }
  } finally {
    // The driver stops its socket when rows come faster than they are taken, and starts it when more
    // are asked for: after the last ones nobody asks, and the commit would never be answered.
    stream._read(0)
    stream.destroy()
  }
}
