import type { Json } from '../events/json.ts'
import { decimalOf, textOf } from './refusal.ts'
import type { Test } from './schema.ts'
import { compare } from './values.ts'

type Compared = (value: Json | undefined, line: number) => boolean

/** The tests of a condition as functions; all of them must hold. Numbers are compared exactly. */
export function compileTests(test: Test, path: string): Compared[] {
  const { equals, in: among, matches, startsWith, empty } = test
  const compared: Compared[] = [
    ...than(test.above, path, (order) => order > 0),
    ...than(test.atLeast, path, (order) => order >= 0),
    ...than(test.below, path, (order) => order < 0),
    ...than(test.atMost, path, (order) => order <= 0),
  ]
  if (equals !== undefined) compared.push(same(equals, path))
  if (among) {
    const anyOf = among.map((wanted) => same(wanted, path))
    compared.push((value, line) => anyOf.some((is) => is(value, line)))
  }
  if (matches !== undefined) {
    const pattern = new RegExp(matches, 'u')
    compared.push((value) => pattern.test(textOf(value)))
  }
  if (startsWith !== undefined) compared.push((value) => textOf(value).startsWith(startsWith))
  if (empty !== undefined) compared.push((value) => (textOf(value) === '') === empty)
  return compared
}

function same(wanted: string | number, path: string): Compared {
  if (typeof wanted === 'string') return (value) => textOf(value) === wanted
  const [isSame] = than(wanted, path, (order) => order === 0)
  return isSame ?? (() => false)
}

function than(limit: number | undefined, path: string, isMeant: (order: number) => boolean) {
  if (limit === undefined) return []
  const bound = decimalOf(String(limit), 0, path)
  const compared: Compared = (value, line) =>
    isMeant(compare(decimalOf(textOf(value), line, path), bound))
  return [compared]
}
