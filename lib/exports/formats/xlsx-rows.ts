import type { Column } from '../catalogue.ts'
import type { Sheet, Value } from './format.ts'
import { type CellOf, cellsOf } from './xlsx-cells.ts'
import type { Styles } from './xlsx-styles.ts'

/** Writes the rows of a worksheet; `number` is the row's, from 1. */
export type Rows = {
  header(number: number): string
  row(cells: Value[], number: number): string
  /** The sums of one currency, beside the word Total. */
  total(total: Sheet['totals'][number], number: number): string
}

export function rowsOf(columns: Column[], styles: Styles): Rows {
  const letters = columns.map((_, i) => columnLetters(i))
  const currencyAt = columns.findIndex(({ name }) => name === 'currency')
  const labelAt = columns.findIndex(({ isTotalled }, i) => !isTotalled && i !== currencyAt)
  const plain = cellsOf(styles, false)
  const bold = cellsOf(styles, true)
  const written = (cells: Value[], number: number, cellOf: CellOf[]): string => {
    const currency = cells[currencyAt] ?? null
    let text = `<row r="${number}">`
    for (let i = 0; i < letters.length; i++) {
      const value = cells[i] ?? null
      if (value === null) continue
      text += `<c r="${letters[i]}${number}"${cellOf[i]?.(value, currency as string | null)}`
    }
    return `${text}</row>`
  }
  const ofRow = columns.map(({ kind }) => plain[kind])
  const ofHeader = columns.map(() => bold.text)
  const ofTotal = columns.map(({ kind }, i) => (i === labelAt ? bold.text : bold[kind]))
  const names = columns.map(({ name }) => name)
  return {
    header: (number) => written(names, number, ofHeader),
    row: (cells, number) => written(cells, number, ofRow),
    total: ({ currency, values }, number) => {
      const cells: Value[] = names.map((name) => values[name] ?? null)
      if (currencyAt >= 0) cells[currencyAt] = currency
      if (labelAt >= 0) cells[labelAt] = 'Total'
      return written(cells, number, ofTotal)
    },
  }
}

/** A, B … Z, AA, AB … */
function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last
}
