const longestValue = 300
/** Marks that turn the direction of what follows, and others that nobody sees. */
const unseen = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to go
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/gu

const htmlOf: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Cuts a text to so many characters, never within one. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const kept = text.slice(0, most - 1)
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}

/** A value as it may be put into any text: of one line, seen whole, and not too long. */
export const tidy = (value: string): string =>
  cut(value.replaceAll(/\s+/g, ' ').replaceAll(control, '').replaceAll(unseen, '').trim(), longestValue) // biome-ignore format: one step

/** For plain text: nothing is special there. */
export const asPlain = (text: string): string =>
  text.replaceAll('\r\n', '\n').replaceAll(control, '').replaceAll(unseen, '')

/** For HTML, within elements and within quoted attributes. */
export const asHtml = (text: string): string =>
  asPlain(text).replaceAll(/[&<>"']/g, (sign) => htmlOf[sign] ?? sign)

/** For the notice of a message in Slack: without these three signs there is no link and no mention. */
export const asSlack = (text: string): string =>
  asPlain(text).replaceAll(/[&<>]/g, (sign) => htmlOf[sign] ?? sign)

/** For a subject: one line. */
export const asLine = (text: string): string => asPlain(text.replaceAll(/\s+/g, ' ')).trim()
