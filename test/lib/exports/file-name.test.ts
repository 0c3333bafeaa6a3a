import fc from 'fast-check'
import { dispositionOf, extensionOf, fileNameOf } from '../../../lib/exports/formats/file-name.ts'
import { hostileTexts } from '../../fuzz/hostile-texts.ts'

const header = /^attachment; filename="([^"\\%\p{Cc}]+)"; filename\*=UTF-8''([\w!#$&+.^`|~%-]+)$/u

/** The name that a browser takes, and the one of those that know no UTF-8. */
function read(disposition: string): { name: string; plain: string } {
  const [, plain, extended] = header.exec(disposition) ?? []
  if (plain === undefined || extended === undefined) throw new Error(`unsafe: ${disposition}`)
  return { name: decodeURIComponent(extended), plain }
}

const asked = {
  type: 'sales-daily',
  venueId: 'v-palace',
  from: '2026-06-01',
  to: '2026-07-01',
}

test('a file is called by what is in it', () => {
  expect(fileNameOf({ ...asked, extension: extensionOf('csv', true) })).toBe(
    'sales-daily_v-palace_2026-06-01_2026-07-01.csv.gz',
  )
  expect(fileNameOf({ ...asked, extension: extensionOf('xlsx', false) })).toBe(
    'sales-daily_v-palace_2026-06-01_2026-07-01.xlsx',
  )
})

test('a good name is told as it is', () => {
  expect(dispositionOf('Größe 5.csv')).toBe(
    `attachment; filename="Gr__e 5.csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%205.csv`,
  )
  expect(dispositionOf("o'neil (1)*.csv")).toContain("UTF-8''o%27neil%20%281%29-.csv")
})

test.each([
  ['../../x', '-..-x'],
  ['a/b\\c', 'a-b-c'],
  ['x\r\nSet-Cookie: a=b"', 'x--Set-Cookie- a=b-'],
  ['CON', '_CON'],
  ['nul.csv', '_nul.csv'],
  ['COM1.csv.gz', '_COM1.csv.gz'],
  ['console.csv', 'console.csv'],
  ['.htaccess', 'htaccess'],
  ['report.csv.', 'report.csv'],
  ['annexe\u202efdp.exe', 'annexe-fdp.exe'],
  ['\ud800', '-'],
  ['...', 'export'],
  ['a..b..csv', 'a..b..csv'],
  [`con${' '.repeat(250)}x.csv`, '_con.csv'],
  ['', 'export'],
])('%j is saved as %j', (name, saved) => {
  expect(read(dispositionOf(name)).name).toBe(saved)
})

test('a long name is cut before its extension', () => {
  for (const letter of ['x', 'ä', '😀']) {
    const { name } = read(dispositionOf(`${letter.repeat(300)}.csv.gz`))
    expect(name).toMatch(/\.csv\.gz$/)
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
    expect(name.isWellFormed()).toBe(true)
  }
})

test('whatever a name is, it stays one file that can be seen, in a header that stays one', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('/', '\\', '..', '.', ' ', '"', '%', 'CON', 'lpt9', '.csv', '\r\n', '\u2028'),
    fc.constantFrom(...hostileTexts(1).all),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const { name, plain } = read(dispositionOf(parts.join('')))
      expect(name).not.toMatch(/[/\\:*?"<>|\p{Cc}\p{Cf}\p{Cs}]/u)
      expect(name).not.toMatch(/^[\s.]|[\s.]$/u)
      expect(name).not.toMatch(/^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
      expect(plain).toMatch(/^[\x20-\x7e]+$/)
      expect(plain).not.toMatch(/[/\\]|^\./)
      expect(dispositionOf(name)).toBe(dispositionOf(parts.join('')))
    }),
    { numRuns: 3000 },
  )
})
