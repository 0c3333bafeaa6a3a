import { currenciesByExponent } from '../events/currency.ts'
import type { Column, ExportType } from './catalogue.ts'
import { entries } from './source.ts'

/** How CSV writes a number and what keeps a spreadsheet from taking a text for a formula. */
export type CsvStyle = { decimal: '.' | ',' }

/**
 * The select whose columns are the cells of a line of CSV. Text that a spreadsheet would take for a
 * formula gets an apostrophe before it (OWASP, CSV Injection); numbers are never text, so they stay.
 */
export const csvSelect = (type: ExportType, style: CsvStyle): string =>
  composed(type, type.columns.map((column) => csvCell(column, style)).join(',\n       '))

/** The select of one JSON array for each line: values by kind, beyond 2^53 as text. */
export const jsonSelect = (type: ExportType): string =>
  composed(type, `json_build_array(${type.columns.map(jsonCell).join(', ')})`)

const composed = ({ rows, order }: ExportType, cells: string): string => `
with ${entries}
select ${cells}
  from (${rows}) r
 order by ${order}`

const own = ({ name }: Column): string => `r."${name}"`

// = + - @, tab, carriage return, line feed, and the first four in full width.
const formulaStarts = [61, 43, 45, 64, 9, 13, 10, 0xff1d, 0xff0b, 0xff0d, 0xff20]

function csvCell(column: Column, { decimal }: CsvStyle): string {
  const value = own(column)
  const comma = (number: string) =>
    decimal === ',' ? `replace((${number})::text, '.', ',')` : number
  switch (column.kind) {
    case 'text':
      return `case when ascii(${value}) in (${formulaStarts.join(', ')})
                  then '''' || ${value} else ${value} end`
    case 'money':
      return comma(`${value} * ${unit}`)
    case 'decimal':
      return comma(value)
    case 'instant':
      return instant(value)
    default:
      return value
  }
}

function jsonCell(column: Column): string {
  const value = own(column)
  if (column.kind === 'instant') return instant(value)
  if (column.kind === 'decimal') return `${value}::text`
  if (column.kind !== 'count' && column.kind !== 'money') return value
  return `case when ${value} between -9007199254740991 and 9007199254740991
               then to_json(${value}) else to_json(${value}::text) end`
}

const instant = (value: string): string => `to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM')`

const isOneOf = (codes: string[]): string =>
  `r.currency in (${codes.map((code) => `'${code}'`).join(', ')})`

// One unit of the row's currency in major units: a numeric with as many decimals as the currency has.
// Nearly every row has two: one look tells (measured: a quarter of the time of a line of seven).
const unit = `case when ${isOneOf(currenciesByExponent().flatMap(([, codes]) => codes))} then case ${currenciesByExponent()
  .map(([exponent, codes]) => `when ${isOneOf(codes)} then ${10 ** -exponent}`)
  .join(' ')} end else 0.01 end`
