import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { xmlText } from '../../../lib/exports/formats/xml-text.ts'

/** As Excel reads it: XML first, then its own escapes. */
function read(written: string): string {
  let text = ''
  const parser = new SaxesParser()
  parser.on('text', (some) => {
    text += some
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.write(Buffer.from(`<t>${written}</t>`).toString()).close()
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}

test('any text is read back as it was, half a surrogate pair and text like an escape, too', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('_x0041_', '_x0041', 'x0041_', '_', '_x', '0041', '\0', '\r', '\ud800', '&lt;'),
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('')
      expect(read(xmlText(text))).toBe(text)
    }),
    { numRuns: 2000 },
  )
})
