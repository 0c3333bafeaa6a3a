import * as z from 'zod'
import { http, route } from '../../lib/http.ts'
import { dimensions } from '../../lib/ledger/entry.ts'
import { MetricAnswer } from '../../lib/metrics/answer.ts'
import { askMetric } from '../../lib/metrics/ask.ts'
import { catalogue } from '../../lib/metrics/catalogue.ts'
import { LatestQuery, MetricQuery } from '../../lib/metrics/question.ts'
import { askTable, TableAnswer, TableQuery } from '../../lib/metrics/table.ts'
import { askAggregate, askLatest } from '../../lib/own-metrics/ask.ts'
import { Aggregate, AggregateQuery, Latest } from '../../lib/own-metrics/schema.ts'

const Catalogue = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      definition: z.string(),
      unit: z.enum(['count', 'minor', 'ratio', 'seconds', 'value']),
      additive: z.boolean(),
      dimensions: z.array(z.enum(dimensions)),
    }),
  ),
  nextCursor: z.null(),
})

export const handler = http({
  'GET /v1/metrics': route(
    { access: 'public', summary: 'The catalogue of metrics', response: Catalogue },
    async () => ({
      items: [...catalogue.values()].map(({ formula, ...metric }) => metric),
      nextCursor: null,
    }),
  ),

  'GET /v1/venues/{venueId}/metrics/{metric}': route(
    {
      access: 'viewer',
      summary: 'One metric over time',
      query: MetricQuery,
      response: MetricAnswer,
    },
    ({ venueId, params, query }) => askMetric(venueId, params.metric ?? '', query),
  ),

  'GET /v1/venues/{venueId}/metrics/{metric}/latest': route(
    {
      access: 'viewer',
      summary: 'The latest value of one metric',
      query: LatestQuery,
      response: Latest,
    },
    ({ venueId, params, query }) => askLatest(venueId, params.metric ?? '', query),
  ),

  'GET /v1/venues/{venueId}/metrics/{metric}/aggregate': route(
    {
      access: 'viewer',
      summary: 'One number over a time',
      query: AggregateQuery,
      response: Aggregate,
    },
    ({ venueId, params, query }) => askAggregate(venueId, params.metric ?? '', query),
  ),

  'POST /v1/venues/{venueId}/query': route(
    {
      access: 'viewer',
      summary: 'Several measures as a table',
      body: TableQuery,
      response: TableAnswer,
    },
    ({ venueId, body }) => askTable(venueId, body),
  ),
})
