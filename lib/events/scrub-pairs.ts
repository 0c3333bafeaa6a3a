import { isPersonKey, tells } from './personal-keys.ts'

export const removed = '[removed]'

// The quotes of JSON inside JSON carry backslashes: 1, 3, 7, 15 of them by the depth.
const quotedKey = /(\\{0,31})"([^"\\\n]{1,80})\\{0,31}"\s{0,20}:\s{0,20}/g

/** The text without the values of `"key": value` pairs that tell of a person, JSON or nearly. */
export function scrubPairs(text: string): string {
  if (!text.includes('"')) return text
  const clean: string[] = []
  let done = 0
  for (const match of text.matchAll(quotedKey)) {
    const [pair, slashes = '', key = ''] = match
    const start = match.index + pair.length
    if (match.index < done || !tellsValue(key, text[start])) continue
    clean.push(text.slice(done, start), `${slashes}"${removed}${slashes}"`)
    done = endOfValue(text, start)
  }
  return clean.join('') + text.slice(done)
}

function tellsValue(key: string, first: string | undefined): boolean {
  return tells(key) || (isPersonKey(key) && first !== '{')
}

function endOfValue(text: string, start: number): number {
  const slashes = countSlashes(text, start)
  if (text[start + slashes] === '"') return endOfQuoted(text, start + slashes + 1, slashes)
  if (text[start] === '{' || text[start] === '[') return endOfNested(text, start)
  const plain = /[^\s,}\]"]*/y
  plain.lastIndex = start
  return start + (plain.exec(text)?.[0].length ?? 0)
}

function endOfQuoted(text: string, start: number, slashes: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = 0
    while (before <= slashes && text[at - 1 - before] === '\\') before += 1
    // A quote with more backslashes than the opening one is a part of the value.
    if (before <= slashes) return at + 1
  }
  return text.length
}

function endOfNested(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (character === '{' || character === '[') depth += 1
    if (character === '}' || character === ']') depth -= 1
    if (depth === 0) return at + 1
  }
  return text.length
}

function countSlashes(text: string, start: number): number {
  let count = 0
  while (text[start + count] === '\\') count += 1
  return count
}
