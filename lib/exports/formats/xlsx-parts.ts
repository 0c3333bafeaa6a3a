import type { Column, Kind } from '../catalogue.ts'
import type { Sheet } from './format.ts'
import { xmlText } from './xml-text.ts'

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const openXml = 'http://schemas.openxmlformats.org'
const main = `${openXml}/spreadsheetml/2006/main`
const relationships = `${openXml}/officeDocument/2006/relationships`
const packages = `${openXml}/package/2006`
const office = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

// In characters of the font.
const widths: Record<Kind, number> = {
  text: 22,
  count: 12,
  money: 18,
  instant: 24,
  day: 12,
  decimal: 12,
}

/** What stands before the rows of a worksheet: a first row that stays, widths of columns. */
export function worksheetStart(columns: Column[], isFirst: boolean): string {
  const widthsXml = columns.map(({ name, kind }, i) => {
    const width = Math.min(Math.max(widths[kind], name.length + 3), 60)
    return `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`
  })
  return [
    `${declaration}<worksheet xmlns="${main}">`,
    `<sheetViews><sheetView${isFirst ? ' tabSelected="1"' : ''} workbookViewId="0">`,
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>',
    '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>',
    `<cols>${widthsXml.join('')}</cols><sheetData>`,
  ].join('')
}

export const worksheetEnd = '</sheetData></worksheet>'

/** Where a worksheet is within the archive, counted from 1. */
export const worksheetName = (number: number): string => `xl/worksheets/sheet${number}.xml`

/** The parts beside worksheets and styles, by their names within the archive. */
export function otherParts(sheet: Sheet, worksheets: number): [string, string][] {
  const numbers = Array.from({ length: worksheets }, (_, i) => i + 1)
  const overrides = [
    ['/xl/workbook.xml', `${office}.sheet.main+xml`],
    ...numbers.map((number) => [`/${worksheetName(number)}`, `${office}.worksheet+xml`]),
    ['/xl/styles.xml', `${office}.styles+xml`],
    ['/docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml'],
  ]
  const types = [
    `<Types xmlns="${packages}/content-types">`,
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    '<Default Extension="xml" ContentType="application/xml"/>',
    ...overrides.map(([part, type]) => `<Override PartName="${part}" ContentType="${type}"/>`),
    '</Types>',
  ]
  const workbook = [
    `<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets>`,
    ...numbers.map(
      (number) =>
        `<sheet name="${tabName(sheet.title, number)}" sheetId="${number}" r:id="rId${number}"/>`,
    ),
    '</sheets></workbook>',
  ]
  const ofWorkbook = [
    ...numbers.map((number) => [
      `${relationships}/worksheet`,
      worksheetName(number).replace('xl/', ''),
    ]),
    [`${relationships}/styles`, 'styles.xml'],
  ]
  const ofPackage = [
    [`${relationships}/officeDocument`, 'xl/workbook.xml'],
    [`${packages}/relationships/metadata/core-properties`, 'docProps/core.xml'],
  ]
  return [
    ['xl/workbook.xml', declaration + workbook.join('')],
    ['xl/_rels/workbook.xml.rels', relationsXml(ofWorkbook)],
    ['docProps/core.xml', propertiesXml(sheet)],
    ['_rels/.rels', relationsXml(ofPackage)],
    ['[Content_Types].xml', declaration + types.join('')],
  ]
}

function relationsXml(relations: string[][]): string {
  const all = relations.map(
    ([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${type}" Target="${target}"/>`,
  )
  return `${declaration}<Relationships xmlns="${packages}/relationships">${all.join('')}</Relationships>`
}

function propertiesXml({ title, asOf }: Sheet): string {
  const told = new Date(asOf).toISOString().replace(/\.\d+/, '')
  return [
    `${declaration}<cp:coreProperties xmlns:cp="${packages}/metadata/core-properties"`,
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"',
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    `<dc:title>${xmlText(title)}</dc:title><dc:creator>Turnout</dc:creator>`,
    `<dcterms:created xsi:type="dcterms:W3CDTF">${told}</dcterms:created>`,
    '</cp:coreProperties>',
  ].join('')
}

// Excel takes 31 characters, and none of these.
function tabName(title: string, number: number): string {
  const suffix = number === 1 ? '' : ` (${number})`
  const clean = title.replace(/[[\]:*?/\\']/g, ' ').trim() || 'Export'
  return xmlText(clean.slice(0, 31 - suffix.length) + suffix)
}
