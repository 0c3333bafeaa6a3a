/** A text with names in it: what stands there, and what is put in, in their order. */
type Part = { literal: string } | { variable: string }

const placeholder = /\{\{\s*([\w.-]+)\s*\}\}/g

/** Reads a text with {{names}} into its parts, once: what is put in is never read again. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const { 0: whole, 1: variable = '', index } of text.matchAll(placeholder)) {
    if (index > at) parts.push({ literal: text.slice(at, index) })
    parts.push({ variable })
    at = index + whole.length
  }
  if (at < text.length) parts.push({ literal: text.slice(at) })
  return parts
}

/** The names in a text, each once. */
export const variablesIn = (text: string): string[] => [
  ...new Set(partsOf(text).flatMap((part) => ('variable' in part ? part.variable : []))),
]

/**
 * Puts values into a text for one place where it is read: `harmless` makes literals and values alike
 * harmless there. Throws for a name without a value.
 */
export const fill = (
  text: string,
  values: Record<string, string>,
  harmless: (text: string) => string,
): string =>
  partsOf(text)
    .map((part) => harmless('literal' in part ? part.literal : valueFor(values, part.variable)))
    .join('')

function valueFor(values: Record<string, string>, name: string): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (value === undefined) throw new Error(`the template has no value for ${name}`)
  return value
}

/** What is wrong with a text, in words; undefined where nothing is. */
export function defectOfText(text: string, declared: readonly string[]): string | undefined {
  const unknown = variablesIn(text).find((name) => !declared.includes(name))
  if (unknown !== undefined) {
    return `has no variable ${unknown}: there are ${declared.join(', ')}`
  }
  // Elsewhere three braces put in what is not escaped; here a brace of them would be sent.
  if (/\{{3}|\}{3}/.test(text)) return 'has three braces: write {{name}}, every channel escapes it'
  // What is left of braces is a name that was misspelt, and would be sent as it stands.
  const rest = partsOf(text).flatMap((part) => ('literal' in part ? part.literal : []))
  const isOdd = rest.some((literal) => /\{\{|\}\}/.test(literal))
  return isOdd ? 'has braces that are no variable: write {{name}}' : undefined
}
