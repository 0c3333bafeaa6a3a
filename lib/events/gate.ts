import { type Defect, isObject } from './json.ts'

const deepest = 32
const mostKeys = 20_000
const mostBytes = 256 * 1024

type Tally = { keys: number; bytes: number }

/**
 * What keeps a JSON value out of the stores whatever it means: its depth, its size, text that
 * Postgres refuses or alters, numbers that are none. Stops at the limit, so no depth overflows it.
 */
export function defectOf(value: unknown): Defect | undefined {
  const tally = { keys: 0, bytes: 0 }
  const defect = walk(value, 0, tally)
  if (defect) return defect
  if (tally.keys > mostKeys) return tooLarge(`must have at most ${mostKeys} fields`)
  // The tally is an upper bound and spares most events the writing of their text.
  if (tally.bytes > mostBytes && Buffer.byteLength(JSON.stringify(value)) > mostBytes) {
    return tooLarge(`must have at most ${mostBytes} bytes of JSON text`)
  }
  return undefined
}

/** Whether recursion over the value must be avoided: it may have the depth of an attack. */
export function isTooDeep(value: unknown, limit = deepest + 2): boolean {
  if (typeof value !== 'object' || value === null) return false
  return limit === 0 || Object.values(value).some((inner) => isTooDeep(inner, limit - 1))
}

function walk(value: unknown, depth: number, tally: Tally): Defect | undefined {
  if (typeof value === 'string') return textDefect(value, tally)
  tally.bytes += 26
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : numberDefect
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= deepest) return depthDefect
  return Array.isArray(value) ? walkItems(value, depth, tally) : walkFields(value, depth, tally)
}

function walkItems(items: unknown[], depth: number, tally: Tally): Defect | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const defect = walk(items[index], depth + 1, tally)
    if (defect) return below(String(index), defect)
  }
  return undefined
}

function walkFields(fields: object, depth: number, tally: Tally): Defect | undefined {
  if (!isObject(fields)) return undefined
  for (const key of Object.keys(fields)) {
    tally.keys += 1
    const defect = textDefect(key, tally) ?? walk(fields[key], depth + 1, tally)
    if (defect) return below(key, defect)
  }
  return undefined
}

function textDefect(text: string, tally: Tally): Defect | undefined {
  tally.bytes += text.length * 6 + 4
  return text.includes('\0') || !text.isWellFormed() ? characterDefect : undefined
}

const numberDefect: Defect = { code: 'invalid', path: '', message: 'must be a finite number' }
const depthDefect: Defect = {
  code: 'too_deep',
  path: '',
  message: `must be at most ${deepest} levels deep`,
}
const characterDefect: Defect = {
  code: 'bad_characters',
  path: '',
  message: 'must have neither NUL nor half of a surrogate pair',
}

function tooLarge(message: string): Defect {
  return { code: 'too_large', path: '', message }
}

function below(key: string, defect: Defect): Defect {
  return { ...defect, path: defect.path === '' ? key : `${key}.${defect.path}` }
}
