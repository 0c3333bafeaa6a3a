const pieceSize = 256 * 1024
const lineFeed = 10
const carriageReturn = 13
const quote = 34
const byteOrderMark = '\ufeff'

/**
 * Turns lines as Postgres writes them (COPY … format csv) into RFC 4180's: each ends with CR LF, the
 * header (a line without its end) stands before them. A chunk is one line or several whole ones;
 * line feeds within quotes stay. Pieces are of up to 256 KiB, or of one longer chunk.
 */
export async function* csvBytes(
  chunks: AsyncIterable<Uint8Array>,
  { header, isMarked }: { header: string; isMarked: boolean },
): AsyncGenerator<Uint8Array> {
  const head = Buffer.from(`${isMarked ? byteOrderMark : ''}${header}\r\n`)
  let piece = Buffer.allocUnsafeSlow(Math.max(pieceSize, head.length))
  piece.set(head)
  let at = head.length
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    // At worst every byte is a line feed, and becomes two.
    const isOneLine = chunk.indexOf(lineFeed) === chunk.length - 1
    const most = isOneLine ? chunk.length + 1 : chunk.length * 2
    if (at + most > piece.length) {
      yield piece.subarray(0, at)
      piece = Buffer.allocUnsafeSlow(Math.max(pieceSize, most))
      at = 0
    }
    at = isOneLine ? copyLine(chunk, piece, at) : copyLines(chunk, piece, at)
  }
  yield piece.subarray(0, at)
}

function copyLine(line: Uint8Array, to: Uint8Array, at: number): number {
  to.set(line, at)
  const end = at + line.length
  to[end - 1] = carriageReturn
  to[end] = lineFeed
  return end + 1
}

// A quote within quotes is doubled, so that quotes before a line's end are always even.
function copyLines(lines: Uint8Array, to: Uint8Array, start: number): number {
  let at = start
  let isQuoted = false
  for (let i = 0; i < lines.length; i++) {
    const byte = lines[i] ?? 0
    if (byte === quote) isQuoted = !isQuoted
    else if (byte === lineFeed && !isQuoted) to[at++] = carriageReturn
    to[at++] = byte
  }
  return at
}
