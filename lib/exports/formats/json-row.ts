import type { Column } from '../catalogue.ts'
import { digitsOf, type Value } from './format.ts'

/** Writes rows as JSON objects with the columns' names as keys; whole numbers keep every digit. */
export function jsonRowOf(columns: Column[]): (row: Value[]) => string {
  const keys = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const isWhole = columns.map(({ kind }) => kind === 'count' || kind === 'money')
  return (row) => {
    let text = ''
    for (let i = 0; i < keys.length; i++) {
      const value = row[i] ?? null
      if (value === null) text += `${keys[i]}null`
      else text += keys[i] + (isWhole[i] ? digitsOf(value) : JSON.stringify(String(value)))
    }
    return `${text}}`
  }
}
