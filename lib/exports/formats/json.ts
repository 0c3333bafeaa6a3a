import { piecesOf, type Sheet } from './format.ts'
import { jsonRowOf } from './json-row.ts'

/** One JSON document of what was asked, its columns, its rows and their totals; money in minor units. */
export async function* json(sheet: Sheet): AsyncGenerator<Uint8Array> {
  const { type, asOf, columns, totals } = sheet
  const told = columns.map(({ name, definition, kind }) => ({ name, definition, kind }))
  const head = JSON.stringify({ type, asOf, columns: told }).slice(0, -1)
  yield Buffer.from(`${head},\n"rows":[`)
  const written = jsonRowOf(columns)
  let before = '\n'
  yield* piecesOf(sheet.rows, (row) => {
    const text = before + written(row)
    before = ',\n'
    return text
  })
  yield Buffer.from(`\n],\n"totals":[${totals.map(writtenTotal).join(',')}]}\n`)
}

function writtenTotal({ currency, values }: Sheet['totals'][number]): string {
  const sums = Object.entries(values).map(([name, sum]) => `${JSON.stringify(name)}:${sum}`)
  return `{"currency":${JSON.stringify(currency)},"values":{${sums.join(',')}}}`
}
