import type { Locale } from './templates.ts'

const written = /\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?/g

/** The numbers of a text, which is written as in English, as a person reads them: 1.234,50 for 1,234.50. */
export const readNumbers = (text: string, locale: Locale): string =>
  text.replace(written, (number) => {
    const [, decimals = ''] = number.split('.')
    return Number(number.replaceAll(',', '')).toLocaleString(locale, {
      minimumFractionDigits: decimals.length,
      maximumFractionDigits: decimals.length,
      useGrouping: 'always',
    })
  })
