import * as z from 'zod'
import { dimensions } from '../ledger/entry.ts'
import { catalogue } from './catalogue.ts'
import {
  asOf,
  currency,
  type Filter,
  from,
  granularities,
  maxPoints,
  to,
  zone,
} from './question.ts'

const dimension = z.enum(dimensions)
const values = z.array(z.string().max(300)).min(1).max(200)
const measure = z
  .string()
  .refine((name) => catalogue.has(name), { error: 'is not a metric' })
  .meta({ description: 'A name of the catalogue, `GET /v1/metrics`' })
const distinct = (names: readonly string[]) => new Set(names).size === names.length

/** Conditions on dimensions; what has no value is in none of the values. */
export const filters = z
  .array(
    z.discriminatedUnion('op', [
      z.strictObject({ dimension, op: z.enum(['eq', 'neq']), values: values.length(1) }),
      z.strictObject({ dimension, op: z.enum(['in', 'not_in']), values }),
      z.strictObject({ dimension, op: z.enum(['exists', 'not_exists']) }),
    ]),
  )
  .max(20)
  .default([])

/** Conditions as the planner knows them: one value is a set of one. */
export const plainFilters = (told: z.output<typeof filters>): Filter[] =>
  told.map((filter) => ({
    dimension: filter.dimension,
    op: filter.op === 'eq' ? 'in' : filter.op === 'neq' ? 'not_in' : filter.op,
    values: 'values' in filter ? filter.values : [],
  }))

/** The body of POST V/query. */
export const TableQuery = z
  .strictObject({
    measures: z.array(measure).min(1).max(5).refine(distinct, { error: 'names a measure twice' }),
    dimensions: z
      .array(dimension)
      .max(3)
      .refine(distinct, { error: 'names a dimension twice' })
      .default([]),
    filters,
    time: z.strictObject({
      from,
      to,
      granularity: z.enum(granularities).default('none'),
      tz: zone.optional(),
    }),
    currency: currency.optional(),
    include_test: z.boolean().default(false),
    asOf: asOf.optional(),
    order: z
      .array(
        z.strictObject({ by: z.string().max(64), dir: z.enum(['asc', 'desc']).default('asc') }),
      )
      .max(9)
      .default([]),
    limit: z.int().min(1).max(maxPoints).default(1000),
    cursor: z.string().min(1).max(1000).optional(),
  })
  .meta({
    id: 'TableQuery',
    examples: [
      {
        measures: ['gross_revenue', 'tickets_sold'],
        dimensions: ['event'],
        filters: [{ dimension: 'channel', op: 'in', values: ['online', 'box_office'] }],
        time: { from: '2026-06-01', to: '2026-06-08', granularity: 'day' },
        order: [{ by: 'gross_revenue', dir: 'desc' }],
        limit: 100,
      },
    ],
  })
export type TableQuery = z.output<typeof TableQuery>

const Cell = z.union([z.string(), z.number(), z.null()])
export const TableAnswer = z
  .object({
    columns: z.array(
      z.object({ name: z.string(), unit: z.string(), currency: z.string().nullable().optional() }),
    ),
    rows: z.array(z.array(Cell)),
    nextCursor: z.string().nullable(),
    asOf: z.string(),
  })
  .meta({
    id: 'TableAnswer',
    examples: [
      {
        columns: [
          { name: 'time', unit: 'time' },
          { name: 'event', unit: 'text' },
          { name: 'gross_revenue', unit: 'minor', currency: 'USD' },
          { name: 'tickets_sold', unit: 'count' },
        ],
        rows: [['2026-06-01T00:00:00-04:00', 'e1', 9100, 2]],
        nextCursor: null,
        asOf: '2026-06-02T15:04:05.000000Z',
      },
    ],
  })
export type TableAnswer = z.infer<typeof TableAnswer>
