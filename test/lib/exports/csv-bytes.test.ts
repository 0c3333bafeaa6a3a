import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { csvBytes } from '../../../lib/exports/formats/csv-bytes.ts'
import { bytesOf, hardTexts, takenAfter } from '../../support/sheets.ts'

/** A line as Postgres writes it, every cell in quotes. */
const lineOf = (cells: string[]): string =>
  `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`

async function* chunksOf(lines: string[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(line)
}

const plain = { header: 'a,b', isMarked: false }

test('each line ends with CR LF, a line feed within quotes stays one', async () => {
  const lines = ['1,x\n', '"one\ntwo","say ""hi""\n"\n', '\n']
  const file = String(await bytesOf(csvBytes(chunksOf(lines), plain)))
  expect(file).toBe('a,b\r\n1,x\r\n"one\ntwo","say ""hi""\n"\r\n\r\n')
})

test('a byte order mark stands first when it is asked for', async () => {
  const file = await bytesOf(csvBytes(chunksOf(['ä,b\n']), { ...plain, isMarked: true }))
  expect(file.toString('hex')).toBe(Buffer.from('\ufeffa,b\r\nä,b\r\n').toString('hex'))
})

test('no lines make a header', async () => {
  expect(String(await bytesOf(csvBytes(chunksOf([]), plain)))).toBe('a,b\r\n')
})

test('however the lines come together, another parser reads the same cells', async () => {
  const cell = fc.oneof(fc.constantFrom(...hardTexts), fc.string({ unit: 'grapheme' }))
  const row = fc.tuple(cell, cell)
  const table = fc.array(fc.array(row, { maxLength: 4 }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(table, async (batches) => {
      const lines = batches.map((rows) => rows.map(lineOf).join(''))
      const file = await bytesOf(csvBytes(chunksOf(lines), plain))
      const read = parse(file, { record_delimiter: '\r\n' })
      expect(read).toEqual([['a', 'b'], ...batches.flat()])
    }),
    { numRuns: 300 },
  )
})

test('a line longer than a piece is whole', async () => {
  const long = 'ä'.repeat(1_000_000)
  const lines = ['1,2\n', `${long},${long}\n`, `"${'\n'.repeat(500_000)}",4\n`, '5,6\n']
  const file = String(await bytesOf(csvBytes(chunksOf(lines), plain)))
  expect(file).toBe(`a,b\r\n${lines.map((line) => `${line.slice(0, -1)}\r\n`).join('')}`)
})

test('many lines are all there, in pieces that a multipart upload can take', async () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `${i},row ${i}\n`)
  const pieces: Uint8Array[] = []
  for await (const piece of csvBytes(chunksOf(lines), plain)) pieces.push(piece)
  expect(pieces.slice(0, -1).every(({ length }) => length > 64 * 1024)).toBe(true)
  const rows = String(Buffer.concat(pieces)).split('\r\n')
  expect(rows).toEqual(['a,b', ...lines.map((line) => line.trimEnd()), ''])
})

test('no more lines are taken than the pieces need', async () => {
  const seen = { taken: 0 }
  async function* lines(): AsyncGenerator<Uint8Array> {
    for (; ; seen.taken++) yield Buffer.from(`${'x'.repeat(1000)}\n`)
  }
  expect(await takenAfter(1, csvBytes(lines(), plain), seen)).toBeLessThan(300)
})
