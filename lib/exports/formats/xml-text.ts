// What XML gives a meaning to, what it forbids or changes (a carriage return), what Excel unescapes.
const special =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[&<>"\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}/
const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\r\0-\x08\x0b\x0c\x0e-\x1f\p{Cs}\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4})/gu

/**
 * Text for a part of a workbook: what XML 1.0 cannot hold as Excel's _xHHHH_, and an underscore that
 * would be read as the beginning of one the same way.
 */
export function xmlText(text: string): string {
  if (!special.test(text)) return text
  return text
    .replace(forbidden, (found) => {
      const code = found.charCodeAt(0).toString(16).toUpperCase()
      return `_x${code.padStart(4, '0')}_`
    })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
