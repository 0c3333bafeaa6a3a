import type { MetricAnswer } from '../../lib/metrics/answer.ts'
import type { TableAnswer } from '../../lib/metrics/table-schema.ts'
import { ask, askTable } from '../support/service.ts'
import type { Question } from './any-question.ts'

export type Answer = MetricAnswer | TableAnswer

/**
 * Asks a question at its door: all of its metrics by POST V/query, or the first of them by
 * GET V/metrics/{metric}, whose filters are lists of values.
 */
export function askDoor(venueId: string, question: Question, asOf?: string): Promise<Answer> {
  const { door, filters, metrics } = question
  const isList = filters.every(({ op }) => op === 'in' || op === 'eq')
  const isOnce = new Set(filters.map(({ dimension }) => dimension)).size === filters.length
  if (door === 'metrics' && isList && isOnce) {
    return ask(venueId, metrics[0] ?? '', queryOf(question, asOf))
  }
  return askTable(venueId, bodyOf(question, asOf))
}

function queryOf(question: Question, asOf?: string): Record<string, string> {
  const { from, to, granularity, tz, currency, groupBy, filters, includeTest } = question
  return {
    ...{ from, to, granularity },
    include_test: String(includeTest),
    ...(tz && { tz }),
    ...(currency && { currency }),
    ...(asOf && { asOf }),
    ...(groupBy.length > 0 && { group_by: groupBy.join(',') }),
    ...Object.fromEntries(
      filters.map(({ dimension, values }) => [`filter[${dimension}]`, values.join(',')]),
    ),
  }
}

const bodyOf = (question: Question, asOf?: string) => ({
  measures: question.metrics,
  dimensions: question.groupBy,
  filters: question.filters.map(({ dimension, op, values }) =>
    values.length > 0 ? { dimension, op, values } : { dimension, op },
  ),
  time: {
    from: question.from,
    to: question.to,
    granularity: question.granularity,
    tz: question.tz,
  },
  currency: question.currency,
  include_test: question.includeTest,
  asOf,
  limit: 10_000,
})
