/** How a file may be written. */
export const formats = ['csv', 'ndjson', 'json', 'xlsx', 'parquet'] as const
export type Format = (typeof formats)[number]

/**
 * What a column holds, and so how each format writes it: text as it is; whole numbers; money in minor
 * units of the row's column `currency`; instants; business days (YYYY-MM-DD); decimals as text.
 */
export type Kind = 'text' | 'count' | 'money' | 'instant' | 'day' | 'decimal'

export type Column = {
  /** As in the file; also the name of the column in `rows`. */
  name: string
  definition: string
  kind: Kind
  /** Whether the column has a total in the manifest: counts and money that may be added. */
  isTotalled: boolean
  /** The metric of the API that the total equals at the same moment, of the same time and filters. */
  metric?: string
}

export type ExportType = {
  name: string
  title: string
  /** What is one row, and what is counted in it. */
  definition: string
  columns: Column[]
  /**
   * A select of one row for each line of the file, with the columns by their names. It reads
   * `entries`: the ledger's entries of the asked time, filters and moment with their dimensions
   * (source.ts). A constant: what was asked comes from settings of the transaction, never as text.
   */
  rows: string
  /** Columns of `rows` that put the lines in one order, the same at every run. */
  order: string
}

const column =
  (kind: Kind) =>
  (name: string, definition: string): Column => ({
    name,
    definition,
    kind,
    isTotalled: false,
  })

/** A column of text, of an instant, of a business day, of a decimal. */
export const text = column('text')
export const instant = column('instant')
export const day = column('day')
export const decimal = column('decimal')

/** A column of numbers that add up to a metric, or to what only the file tells. */
export const count = (name: string, definition: string, metric?: string): Column => ({
  ...{ name, definition, kind: 'count', isTotalled: true },
  ...(metric && { metric }),
})
export const money = (name: string, definition: string, metric?: string): Column => ({
  ...{ name, definition, kind: 'money', isTotalled: true },
  ...(metric && { metric }),
})
