import { currencyExponent } from '../../events/currency.ts'
import type { Kind } from '../catalogue.ts'
import { digitsOf, Untellable, type Value } from './format.ts'
import { dayNumber, readInstant } from './instant-text.ts'
import { moneyFormat, type Styles, shownAs } from './xlsx-styles.ts'
import { xmlText } from './xml-text.ts'

/** Writes a cell but for its place: what follows `<c r="A1"`. Money is of the row's currency. */
export type CellOf = (value: NonNullable<Value>, currency: string | null) => string

// Excel keeps 15 digits of a number, and 32,767 characters of a text.
const mostDigits = 15
const mostCharacters = 32_767

// Excel counts days from 1899-12-30, and before March 1900 has one that never was.
const epochDay = 25_569
const firstDay = 61
const lastDay = 2_958_465
const dayMs = 86_400_000

const decimalPattern = /^-?\d+(?:\.\d+)?$/

/** How cells of each kind are written; styles are asked for as they are needed. */
export function cellsOf(styles: Styles, isBold: boolean): Record<Kind, CellOf> {
  const asText = textCell(styles.of(shownAs.text, isBold))
  const numberOf = (format: string) => {
    const start = ` s="${styles.of(format, isBold)}"><v>`
    return (number: string) => `${start}${number}</v></c>`
  }
  const asCount = numberOf(shownAs.count)
  const asDecimal = numberOf(shownAs.general)
  const asDay = numberOf(shownAs.day)
  const asInstant = numberOf(shownAs.instant)
  const moneys = new Map<string | null, { decimals: number; asMoney: (number: string) => string }>()
  const moneyOf = (currency: string | null) => {
    const known = moneys.get(currency)
    if (known) return known
    const decimals = currencyExponent(currency ?? '')
    const made = { decimals, asMoney: numberOf(moneyFormat(currency, decimals)) }
    moneys.set(currency, made)
    return made
  }
  return {
    text: (value) => asText(String(value)),
    count: (value) => {
      const digits = digitsOf(value)
      return isExact(digits) ? asCount(digits) : asText(digits)
    },
    money: (value, currency) => {
      const { decimals, asMoney } = moneyOf(currency)
      const digits = digitsOf(value)
      const amount = majorUnits(digits, decimals)
      return isExact(digits) ? asMoney(amount) : asText(amount)
    },
    decimal: (value) => {
      const text = String(value)
      return decimalPattern.test(text) && isExact(text) ? asDecimal(text) : asText(text)
    },
    day: (value) => {
      const day = excelDay(dayNumber(String(value)))
      return day === undefined ? asText(String(value)) : asDay(String(day))
    },
    instant: (value) => {
      const shown = readInstant(String(value))
      const day = excelDay(shown?.day)
      if (!shown || day === undefined) return asText(String(value))
      // To the millisecond, which is what Excel shows; a little above it, for readers that round down.
      const ms = shown.secondOfDay * 1000 + Math.floor(shown.micros / 1000)
      return asInstant(String(day + Math.ceil((ms / dayMs) * 1e10) / 1e10))
    },
  }
}

// A text is in its cell: a table of all texts would have to stay in memory until the end.
function textCell(style: number): (text: string) => string {
  const start = ` s="${style}" t="inlineStr"><is><t`
  return (text) => {
    if (text.length > mostCharacters) {
      throw new Untellable(
        `A text of ${text.length} characters is more than a cell of Excel can hold`,
      )
    }
    const space = /^\s|\s$|\s\s|[\n\t]/.test(text) ? ' xml:space="preserve"' : ''
    return `${start}${space}>${xmlText(text)}</t></is></c>`
  }
}

/** Whether Excel keeps every digit. */
const isExact = (number: string): boolean =>
  number.length <= mostDigits || number.replace(/^-?[0.]*|\./g, '').length <= mostDigits

function excelDay(day: number | undefined): number | undefined {
  if (day === undefined) return undefined
  const number = day + epochDay
  return number >= firstDay && number <= lastDay ? number : undefined
}

/** Minor units as a decimal in major units, every digit of it. */
function majorUnits(minor: string, decimals: number): string {
  if (decimals === 0) return minor
  const sign = minor.startsWith('-') ? '-' : ''
  const digits = minor.slice(sign.length).padStart(decimals + 1, '0')
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
