import type { MetricAnswer } from '../../lib/metrics/answer.ts'
import type { TableAnswer } from '../../lib/metrics/table-schema.ts'
import type { Sent } from '../support/events.ts'
import { answerTo, isMoney } from './answers.mjs'
import { type Question, resolved } from './any-question.ts'
import { rowsOf } from './counting.mjs'
import type { Answer } from './doors.ts'
import type { Place } from './places.ts'

type Numbers = Record<string, { total?: number | null; points: (number | null)[] }>
type Clock = Omit<Place, 'changes'>

/** Compares an answer in every cell with brute force over the events. */
export function expectRight(
  answer: Answer,
  events: Sent[],
  question: Question,
  place: Clock,
): void {
  const rows = rowsOf(events)
  if ('series' in answer) expectSeries(answer, rows, question, place)
  else expectTable(answer, rows, question, place)
}

type Rows = ReturnType<typeof rowsOf>

function expectSeries(answer: MetricAnswer, rows: Rows, question: Question, place: Clock): void {
  const { metric } = answer
  const { asked, clock } = resolved(question, place)
  const expected = answerTo(rows, { ...asked, metric }, clock)
  const isSplit = isMoney(metric) && !question.groupBy.includes('currency')
  const times = expected.starts.map(clock.written)
  const found: Numbers = {}
  for (const { key, total, points } of answer.series) {
    expect(points.map(({ start }) => start)).toEqual(times)
    const { currency = answer.currency } = key
    const values = question.groupBy.map((name) => key[name] ?? null)
    const id = JSON.stringify(isSplit ? [...values, currency] : values)
    found[id] = { total, points: points.map(({ value }) => value) }
  }
  expect({ metric, series: told(found) }).toEqual({ metric, series: told(expected.series) })
  // Money of several currencies has no whole; one of which nothing is left may be told or not.
  const isMixed = isMoney(metric) && expected.currencies.size > 1
  if (!isMixed || answer.total !== null) expect(answer.total).toBe(expected.total)
}

function expectTable(answer: TableAnswer, rows: Rows, question: Question, place: Clock): void {
  const { metrics } = question
  const names = answer.columns.map(({ name }) => name)
  const time = question.granularity === 'none' ? 0 : 1
  const groupBy = names.slice(time, -metrics.length)
  const isSplit = groupBy.length > question.groupBy.length
  expect(groupBy).toEqual(isSplit ? [...question.groupBy, 'currency'] : question.groupBy)
  expect([names.slice(-metrics.length), answer.nextCursor]).toEqual([metrics, null])
  const { asked, clock } = resolved({ ...question, groupBy }, place)
  if (time && answer.rows.length > 0) {
    const starts = clock.starts(asked.from, asked.to, asked.granularity)
    const times = new Set(answer.rows.map((row) => row[0]))
    expect([...times]).toEqual(starts.map(clock.written))
  }
  for (const [i, metric] of metrics.entries()) {
    const at = time + groupBy.length + i
    const expected = answerTo(rows, { ...asked, metric }, clock)
    const { currency = null } = answer.columns[at] ?? {}
    const found: Numbers = {}
    for (const row of answer.rows) {
      const values = row.slice(time, time + groupBy.length)
      const hasOwn = isMoney(metric) && !groupBy.includes('currency')
      const id = JSON.stringify(hasOwn ? [...values, currency] : values)
      found[id] ??= { points: [] }
      const { points } = found[id]
      points.push(row[at] as number | null)
    }
    const series = Object.entries(expected.series as Numbers).map(([id, { total, points }]) => [
      id,
      { points: time ? points : [total ?? null] },
    ])
    expect({ metric, series: told(found) }).toEqual({
      metric,
      series: told(Object.fromEntries(series)),
    })
  }
}

// A group in which nothing is left of what happened may be told or not.
const told = (series: Numbers): Numbers =>
  Object.fromEntries(
    Object.entries(series).filter(([, { total, points }]) =>
      [total ?? null, ...points].some((value) => value !== 0 && value !== null),
    ),
  )
