import type { JsonObject } from './json.ts'

/**
 * An event as the text of a message. Queues refuse U+FFFE and U+FFFF, and some of them all beyond
 * the basic plane: escaped, every character passes, and JSON reads it the same.
 */
export const messageText = (event: JsonObject): string => sendable(JSON.stringify(event))

/** The same for a text that is JSON already. */
export const sendable = (json: string): string =>
  json.replace(/[\uD800-\uDFFF\uFFFE\uFFFF]/g, escaped)

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
