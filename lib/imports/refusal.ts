import type { Json } from '../events/json.ts'
import { type Decimal, parseDecimal } from './values.ts'

const longestQuote = 60

/** A record that cannot be what the map says it is: which, where, and why. */
export class RecordRefused extends Error {
  readonly line: number
  readonly field: string

  constructor(line: number, field: string, reason: string) {
    super(reason)
    this.line = line
    this.field = field
  }
}

/** The value as the text that a file would have for it. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The text as a number, or the refusal of its record. */
export function decimalOf(text: string, line: number, field: string): Decimal {
  const decimal = parseDecimal(text)
  if (decimal) return decimal
  throw new RecordRefused(line, field, text === '' ? 'is empty' : `${quoted(text)} is no number`)
}

/** The text for a message, cut where it is long. */
export function quoted(text: string): string {
  return `'${text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text}'`
}
