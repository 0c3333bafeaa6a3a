import { xmlText } from './xml-text.ts'

/** Number formats that a cell may have beside those of currencies. */
export const shownAs = {
  general: 'General',
  /** Text stays text when somebody edits the cell, even =1+1. */
  text: '@',
  count: '#,##0',
  day: 'yyyy-mm-dd',
  // with milliseconds, or Excel would round a second up
  instant: 'yyyy-mm-dd hh:mm:ss.000',
} as const

/** Money with as many decimals as its currency has, and its code where it is one. */
export function moneyFormat(currency: string | null, decimals: number): string {
  const number = decimals === 0 ? '#,##0' : `#,##0.${'0'.repeat(decimals)}`
  return currency && /^[A-Z]{3}$/.test(currency) ? `[$${currency}]\\ ${number}` : number
}

const builtIn: Record<string, number> = {
  [shownAs.general]: 0,
  [shownAs.count]: 3,
  '#,##0.00': 4,
  [shownAs.text]: 49,
}
const firstOwnFormat = 164

export type Styles = {
  /** The number of the style in the workbook, which has it from now on. */
  of(format: string, isBold?: boolean): number
  xml(): string
}

/** The styles of one workbook, numbered as they are asked for. */
export function newStyles(): Styles {
  const formats = new Map(Object.entries(builtIn))
  const styles = new Map<string, number>()
  const written: string[] = []
  const own: string[] = []
  const formatOf = (format: string): number => {
    const known = formats.get(format)
    if (known !== undefined) return known
    const id = firstOwnFormat + own.length
    formats.set(format, id)
    own.push(`<numFmt numFmtId="${id}" formatCode="${xmlText(format)}"/>`)
    return id
  }
  const of = (format: string, isBold = false): number => {
    const key = `${isBold} ${format}`
    const known = styles.get(key)
    if (known !== undefined) return known
    const id = formatOf(format)
    const font = isBold ? 'fontId="1" applyFont="1"' : 'fontId="0"'
    written.push(
      `<xf numFmtId="${id}" ${font} fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
    )
    styles.set(key, styles.size)
    return styles.size - 1
  }
  // A cell that names no style has the first.
  of(shownAs.general)
  return { of, xml: () => stylesXml(own, written) }
}

const stylesXml = (formats: string[], styles: string[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">',
    formats.length > 0 && `<numFmts count="${formats.length}">${formats.join('')}</numFmts>`,
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>',
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>',
    '<fills count="2"><fill><patternFill patternType="none"/></fill>',
    '<fill><patternFill patternType="gray125"/></fill></fills>',
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>',
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
    `<cellXfs count="${styles.length}">${styles.join('')}</cellXfs>`,
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>',
    '</styleSheet>',
  ]
    .filter(Boolean)
    .join('')
