import type { Format } from '../catalogue.ts'

/** What a file is called by. */
export type Named = {
  type: string
  venueId: string
  /** The first local day of the file, and the one that ends it (YYYY-MM-DD). */
  from: string
  to: string
  extension: string
}

/** As `csv`, or `csv.gz` where it is packed. */
export const extensionOf = (format: Format, isPacked: boolean): string =>
  isPacked ? `${format}.gz` : format

/** As `sales-daily_v-palace_2026-06-01_2026-07-01.csv.gz`: safe as a file of any system. */
export function fileNameOf({ type, venueId, from, to, extension }: Named): string {
  return safeName(`${type}_${venueId}_${from}_${to}.${extension}`)
}

/**
 * Content-Disposition (RFC 6266) that saves a file under the name, or what is safe of it: no folder,
 * no control or direction character, nothing that a system hides or reserves.
 */
export function dispositionOf(name: string): string {
  const safe = safeName(name)
  const plain = safe.replace(/[^\x20-\x7e]|%/gu, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded(safe)}`
}

const maxBytes = 200
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}/\\:*?"<>|]/gu

// What is safe comes out as it is: a name that was made safe once is not changed again.
function safeName(name: string): string {
  const clean = unreserved(trimmed(name.normalize('NFC').replace(unsafe, '-')))
  if (Buffer.byteLength(clean) <= maxBytes) return clean || 'export'
  const [extension = ''] = /(?:\.[A-Za-z0-9]{1,8}){1,2}$/.exec(clean) ?? []
  const stem = clean.slice(0, clean.length - extension.length)
  return unreserved(trimmed(cut(stem, maxBytes - extension.length)) + extension)
}

const unreserved = (name: string): string => (reserved.test(name) ? `_${name}` : name)

// A leading dot hides a file; Windows drops dots and spaces at the end.
const trimmed = (text: string): string => text.replace(/^[\s.]+|[\s.]+$/gu, '')

function cut(text: string, bytes: number): string {
  let left = bytes
  let kept = ''
  for (const character of text) {
    left -= Buffer.byteLength(character)
    if (left < 0) break
    kept += character
  }
  return kept
}

// encodeURIComponent leaves four characters that an extended value (RFC 8187) does not allow.
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
