import { currencyExponent } from '../events/currency.ts'
import type { Json, JsonObject } from '../events/json.ts'
import { compileTests } from './comparison.ts'
import { localText, shifted, timeFormatOf, wallTimeMs, zonedText } from './local-time.ts'
import { decimalOf, quoted, RecordRefused, textOf } from './refusal.ts'
import type { Condition, Expression, Operator, TimeOperator } from './schema.ts'
import { columnsOf, compileTemplate, type Names, type Row } from './template.ts'
import { add, type Decimal, formatDecimal, multiply, negate, toMinor, zero } from './values.ts'

/** What an expression sees: the record, those of its group, and the settings of the venue. */
export type Scope = Names &
  Readonly<{
    rows: readonly Row[]
    zone: string
    currency: string
    /** Told of each amount that had to be rounded, and by how much it moved. */
    onRounded: (currency: string, moved: Decimal) => void
  }>

export type Evaluate = (scope: Scope) => Json | undefined
type Check = (scope: Scope) => boolean
type OperatorName = keyof typeof operators

/** The function that makes the value; undefined where it comes out empty. `path` is for refusals. */
export function compileExpression(expression: Expression, path: string): Evaluate {
  if (typeof expression === 'string') {
    const text = compileTemplate(expression)
    return (scope) => text(scope) || undefined
  }
  if (typeof expression !== 'object') return () => expression
  if (Array.isArray(expression)) return compileList(expression, path)
  const name = Object.keys(expression).find((key) => key.startsWith('$'))
  if (name === undefined) return compileFields(expression as { [field: string]: Expression }, path)
  // The schema has seen that the operator is known and its own.
  const compile = operators[name as OperatorName] as (given: Operator, path: string) => Evaluate
  return compile(expression as Operator, path)
}

/** The function that tells whether the condition holds. */
export function compileCondition(condition: Condition, path: string): Check {
  if ('all' in condition) {
    const checks = condition.all.map((inner) => compileCondition(inner, path))
    return (scope) => checks.every((check) => check(scope))
  }
  if ('any' in condition) {
    const checks = condition.any.map((inner) => compileCondition(inner, path))
    return (scope) => checks.some((check) => check(scope))
  }
  if ('not' in condition) {
    const check = compileCondition(condition.not, path)
    return (scope) => !check(scope)
  }
  const named = typeof condition.value === 'string' ? columnsOf(condition.value).join(', ') : ''
  const value = compileExpression(condition.value, named || path)
  const tests = compileTests(condition, named || path)
  return (scope) => {
    // An amount that is only compared is not an amount of an event.
    const found = value({ ...scope, onRounded: () => {} })
    return tests.every((test) => test(found, scope.row.line))
  }
}

const operators = {
  $number: ({ $number, negate: isNegated = false }: Given<'$number'>, path: string): Evaluate => {
    const decimal = compileDecimal($number, path)
    return (scope) => Number(formatDecimal(isNegated ? negate(decimal(scope)) : decimal(scope)))
  },
  $money: compileMoney,
  $add: ({ $add }: Given<'$add'>, path: string): Evaluate => {
    const terms = $add.map((term) => compileDecimal(term, path))
    return (scope) => formatDecimal(terms.map((term) => term(scope)).reduce(add, zero))
  },
  $sum: ({ $sum }: Given<'$sum'>, path: string): Evaluate => {
    const term = compileDecimal($sum, path)
    return (scope) => {
      const total = scope.rows.map((row) => term({ ...scope, row })).reduce(add, zero)
      return Number(formatDecimal(total))
    }
  },
  $rows: ({ $rows, when }: Given<'$rows'>, path: string): Evaluate => {
    const item = compileExpression($rows, path)
    const isMeant = when ? compileCondition(when, path) : () => true
    return ({ rows, ...scope }) =>
      rows
        .map((row) => ({ ...scope, rows, row }))
        .filter(isMeant)
        .flatMap((inner) => item(inner) ?? [])
  },
  $time: compileTime,
  $is: ({ $is }: Given<'$is'>, path: string): Evaluate => compileCondition($is, path),
  $if: ({ $if, use, otherwise }: Given<'$if'>, path: string): Evaluate => {
    const check = compileCondition($if, path)
    const yes = compileExpression(use, path)
    const no = otherwise === undefined ? () => undefined : compileExpression(otherwise, path)
    return (scope) => (check(scope) ? yes(scope) : no(scope))
  },
  $extract: ({ $extract, pattern }: Given<'$extract'>, path: string): Evaluate => {
    const text = compileText($extract, path)
    const wanted = new RegExp(pattern, 'u')
    return (scope) => {
      const match = wanted.exec(text(scope))
      return (match?.[1] ?? match?.[0]) || undefined
    }
  },
  $parameter: ({ $parameter, of }: Given<'$parameter'>, path: string): Evaluate => {
    const address = compileText(of, path)
    return (scope) => {
      const url = URL.parse(address(scope))
      return url?.searchParams.get($parameter)?.trim() || undefined
    }
  },
}

type Given<Name extends string> = Extract<Operator, { [name in Name]: unknown }>

function compileMoney(given: Given<'$money'>, path: string): Evaluate {
  const price = compileDecimal(given.$money, path)
  const times = given.times === undefined ? undefined : compileDecimal(given.times, path)
  return (scope) => {
    const amount = times ? multiply(price(scope), times(scope)) : price(scope)
    const currency = given.currency ?? scope.currency
    const { minor, moved } = toMinor(
      given.negate ? negate(amount) : amount,
      currencyExponent(currency),
    )
    const value = Number(minor)
    if (!Number.isSafeInteger(value))
      throw new RecordRefused(scope.row.line, path, 'is beyond any amount')
    if (moved.digits !== 0n) scope.onRounded(currency, moved)
    return value
  }
}

function compileTime(given: TimeOperator, path: string): Evaluate {
  const text = compileText(given.$time, path)
  const format = timeFormatOf(given.format)
  const at = given.at === undefined ? undefined : wallTimeMs(given.at)
  const days = given.minusDays === undefined ? () => zero : compileDecimal(given.minusDays, path)
  const write = given.as === 'local' ? localText : zonedText
  return (scope) => {
    const found = text(scope)
    const time = format?.read(found)
    if (!time)
      throw new RecordRefused(
        scope.row.line,
        path,
        `${quoted(found)} is no time of the form ${given.format}`,
      )
    const minusDays = Number(formatDecimal(days(scope)))
    if (!Number.isInteger(minusDays))
      throw new RecordRefused(scope.row.line, path, `${minusDays} is no number of days`)
    try {
      return write(shifted(time, at, minusDays), given.zone ?? scope.zone)
    } catch {
      throw new RecordRefused(
        scope.row.line,
        path,
        `${quoted(found)} less ${minusDays} days is outside all years`,
      )
    }
  }
}

function compileList(list: Expression[], path: string): Evaluate {
  const items = list.map((item, index) => compileExpression(item, `${path}.${index}`))
  return (scope) => items.flatMap((item) => item(scope) ?? [])
}

function compileFields(fields: { [field: string]: Expression }, path: string): Evaluate {
  const entries = Object.entries(fields).map(
    ([name, value]) => [name, compileExpression(value, path ? `${path}.${name}` : name)] as const,
  )
  return (scope) => {
    const made: JsonObject = {}
    for (const [name, evaluate] of entries) {
      const value = evaluate(scope)
      if (value !== undefined) made[name] = value
    }
    return Object.keys(made).length > 0 ? made : undefined
  }
}

function compileText(expression: Expression, path: string): (scope: Scope) => string {
  const value = compileExpression(expression, path)
  return (scope) => textOf(value(scope))
}

function compileDecimal(expression: Expression, path: string): (scope: Scope) => Decimal {
  const text = compileText(expression, path)
  return (scope) => decimalOf(text(scope), scope.row.line, path)
}
