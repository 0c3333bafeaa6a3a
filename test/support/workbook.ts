import { unzipSync } from 'fflate'
import { type Cell, readXlsx } from 'hucre'
import { SaxesParser } from 'saxes'

/** The parts of a workbook by their names; throws where one is no well-formed XML. */
export function partsOf(file: Buffer): Record<string, string> {
  const parts = Object.entries(unzipSync(file)).map(([name, bytes]) => {
    const text = Buffer.from(bytes).toString()
    const parser = new SaxesParser({ xmlns: true })
    parser.on('error', (error) => {
      throw new Error(`${name}: ${error.message}`)
    })
    parser.write(text).close()
    return [name, text]
  })
  return Object.fromEntries(parts)
}

/** The worksheets of a workbook with every cell's value and look. */
export async function worksheetsOf(file: Buffer) {
  const { sheets } = await readXlsx(file, { readStyles: true })
  return sheets.map((sheet) => ({
    ...sheet,
    cellAt: (row: number, column: number): Partial<Cell> =>
      sheet.cells?.get(`${row},${column}`) ?? {},
  }))
}
