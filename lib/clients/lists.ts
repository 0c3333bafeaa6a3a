import type { Fragment, Tx } from './postgres.ts'

/** Stands for each name in the text of `eachOf`. */
export const item = Symbol('item')

/**
 * The same text for each name, commas between, as one piece of a statement. For a and b
 * eachOf(tx, names)`sum(${item})` is sum("a"), sum("b").
 *
 * Names become quoted identifiers. The driver makes an object with a stack trace of every piece:
 * with one for each name, an ingest spent a sixth of its time on that.
 */
export const eachOf =
  (tx: Tx, names: readonly string[]) =>
  (text: TemplateStringsArray, ...places: (typeof item)[]): Fragment => {
    const identifiers = names.flatMap((one) => places.map(() => tx(one)))
    return tx(repeated(text, names.length), ...identifiers)
  }

/** Names of columns, one after the other. The driver's own list helper guesses by keyword. */
export const columnsOf = (tx: Tx, names: readonly string[]): Fragment => eachOf(tx, names)`${item}`

/** Pieces of a statement, commas between. */
export const listed = (tx: Tx, parts: readonly Fragment[]): Fragment =>
  tx(repeated(single, parts.length), ...parts)

const single = Object.assign(['', ''], { raw: ['', ''] }) as TemplateStringsArray

// Made once for each text and length: a template's identity is what the driver remembers it by.
const made = new WeakMap<TemplateStringsArray, Map<number, TemplateStringsArray>>()

/** The template of `count` repetitions of a template, commas between. */
function repeated(text: TemplateStringsArray, count: number): TemplateStringsArray {
  const lengths = made.get(text) ?? new Map<number, TemplateStringsArray>()
  made.set(text, lengths)
  const known = lengths.get(count)
  if (known) return known
  const strings = [text[0] ?? '']
  for (let i = 0; i < count; i += 1) {
    strings.push(...text.slice(1))
    if (i < count - 1) strings[strings.length - 1] += `, ${text[0]}`
  }
  const template = Object.assign(strings, { raw: strings }) as TemplateStringsArray
  lengths.set(count, template)
  return template
}
