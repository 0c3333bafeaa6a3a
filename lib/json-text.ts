/** A key that a JSON text should not have, and the way to it from the top. */
export type KeyFault = { path: string[]; message: string }

// What assigning by name would make of an object's prototype instead of a field.
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

// Deeper than any body of ours may be, which its own check tells.
const deepest = 64

type Level = { keys: Set<string> | null; at: number; key: string }

/**
 * The keys that JSON.parse passes over in silence: those that an object has twice, of which it keeps
 * the last, and those that name a prototype. One fault for each item of a list at the top. The text
 * must be JSON. Linear, without recursion, and not of what lies deeper than 64 levels.
 */
export function keyFaults(text: string): KeyFault[] {
  const faults = new Map<string, KeyFault>()
  const levels: Level[] = []
  for (let at = 0; at < text.length; at += 1) {
    if (levels.length > deepest) break
    const level = levels.at(-1)
    const sign = text[at]
    if (sign === '{') levels.push({ keys: new Set(), at: 0, key: '' })
    else if (sign === '[') levels.push({ keys: null, at: 0, key: '' })
    else if (sign === '}' || sign === ']') levels.pop()
    else if (sign === ',' && level) level.at += 1
    else if (sign === '"') {
      const end = endOfString(text, at)
      if (level?.keys && isKey(text, end)) {
        level.key = unescaped(text.slice(at + 1, end))
        const message = faultOf(level.keys, level.key)
        if (message) note(faults, levels, message)
      }
      at = end
    }
  }
  return [...faults.values()]
}

function faultOf(keys: Set<string>, key: string): string | undefined {
  if (forbidden.has(key)) return `${brief(key)} is not a name that a field may have`
  if (keys.has(key)) return `${brief(key)} is there twice`
  keys.add(key)
  return undefined
}

function note(faults: Map<string, KeyFault>, levels: Level[], message: string) {
  const [top] = levels
  const item = top?.keys ? '' : String(top?.at)
  if (faults.has(item)) return
  const path = levels.map(({ keys, at, key }) => (keys ? brief(key) : String(at)))
  faults.set(item, { path, message })
}

// It travels in the answer.
const brief = (key: string): string => (key.length > 100 ? `${key.slice(0, 100)}…` : key)

/** The place of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes += 1
  return backslashes % 2 === 1
}

// In an object a string is a key when a colon follows it.
function isKey(text: string, end: number): boolean {
  let next = end + 1
  while (' \t\n\r'.includes(text[next] ?? '')) next += 1
  return text[next] === ':'
}

const unescaped = (raw: string): string => (raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw)
