import * as z from 'zod'
import { asOf, currency, type Filter, from, to, zone } from '../metrics/question.ts'
import { filters } from '../metrics/table-schema.ts'
import { pageFields } from '../paging.ts'
import type { Settings } from '../venues/settings.ts'
import { type Format, formats } from './catalogue.ts'
import { exportTypes } from './files/all.ts'

export const statuses = [
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const

/** The name of a type. */
export const typeName = z
  .string()
  .max(64)
  .refine((name) => exportTypes.has(name), { error: 'is not a type of file' })
  .meta({ description: 'A name of `GET /v1/export-types`' })

/** How a file is written, and of which currency. */
export const Options = z
  .strictObject({
    tz: zone.optional(),
    currency: currency.optional(),
    includeTest: z.boolean().default(false),
    /** Packed with gzip. */
    gzip: z.boolean().default(false),
    /** Of CSV: a byte order mark, what is between cells, what is before the decimals. */
    bom: z.boolean().default(false),
    delimiter: z.enum([',', ';', '\t', '|']).default(','),
    decimal: z.enum(['.', ',']).default('.'),
  })
  .meta({
    description:
      'gzip packs csv, ndjson and json; bom, delimiter and decimal are of csv. A decimal comma needs another delimiter.',
  })
export type Options = z.output<typeof Options>

/** The body of POST V/exports. */
export const NewExport = z
  .strictObject({
    type: typeName,
    format: z.enum(formats),
    from,
    to,
    filters,
    options: Options.prefault({}),
    asOf: asOf.optional(),
  })
  .superRefine(refuseMisplaced)
  .meta({
    id: 'NewExport',
    examples: [{ type: 'sales-daily', format: 'csv', from: '2026-06-01', to: '2026-07-01' }],
  })
export type NewExport = z.output<typeof NewExport>

/** Refuses options that the format does not have. */
export function refuseMisplaced(
  { format, options }: { format: Format; options: Options },
  { addIssue }: Pick<z.RefinementCtx, 'addIssue'>,
): void {
  const refuse = (name: string, message: string) =>
    addIssue({ code: 'custom', path: ['options', name], message })
  const isCsv = format === 'csv'
  if (options.gzip && (format === 'xlsx' || format === 'parquet')) {
    refuse('gzip', `${format} is packed already`)
  }
  if (options.bom && !isCsv) refuse('bom', 'is of csv alone')
  if (options.delimiter !== ',' && !isCsv) refuse('delimiter', 'is of csv alone')
  if (options.decimal !== '.' && !isCsv) refuse('decimal', 'is of csv alone')
  if (isCsv && options.decimal === options.delimiter) {
    refuse('decimal', 'cannot be the delimiter, too')
  }
}

/** What an export asks, every default filled in: with its moment, all that its rows depend on. */
export type Question = {
  /** Epoch ms. */
  from: number
  to: number
  filters: Filter[]
  options: Options
  /** How the venue counted its days when it was asked. */
  calendar: Settings
}

export type Failure = { code: string; message: string }

const instant = z.string()
const Column = z.object({
  name: z.string(),
  definition: z.string(),
  kind: z.enum(['text', 'count', 'money', 'instant', 'day', 'decimal']),
  /** The metric whose number of the same time, filters and moment the total equals. */
  metric: z.string().optional(),
})
const Total = z.object({
  currency: z.string().nullable(),
  /** Money in minor units. */
  values: z.record(z.string(), z.number()),
})
export const Manifest = z.object({
  fileName: z.string(),
  rows: z.int(),
  bytes: z.int(),
  /** Of the file as it is downloaded, in hex. */
  sha256: z.string(),
  asOf: instant,
  columns: z.array(Column),
  totals: z.array(Total),
})
export type Manifest = z.infer<typeof Manifest>

const fields = {
  id: z.string(),
  type: z.string(),
  format: z.enum(formats),
  from: instant,
  to: instant,
  tz: z.string(),
  status: z.enum(statuses),
  /** 0 to 100, never less than before. */
  progress: z.int(),
  rows: z.number().nullable(),
  bytes: z.number().nullable(),
  sha256: z.string().nullable(),
  asOf: instant,
  createdBy: z.string(),
  createdAt: instant,
  completedAt: instant.nullable(),
  expiresAt: instant.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
}
const example = {
  id: '5f0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90',
  type: 'sales-daily',
  format: 'csv' as const,
  from: '2026-06-01T00:00:00-04:00',
  to: '2026-07-01T00:00:00-04:00',
  tz: 'America/New_York',
  status: 'completed' as const,
  progress: 100,
  rows: 1,
  bytes: 212,
  sha256: '3b1f1e6e3ac4c4b4b1c8e7d6a0a5f7b5f6f0c0a3a7c1f1d9d6b7d9a1c2e3f405',
  asOf: '2026-07-01T09:00:00.012345Z',
  createdBy: 'u-1',
  createdAt: '2026-07-01T09:00:00.112345Z',
  completedAt: '2026-07-01T09:00:01.312345Z',
  expiresAt: '2026-07-08T09:00:01.312345Z',
}

/** An export as everybody is told of it. */
export const Export = z.object(fields).meta({ id: 'Export', examples: [example] })
export type Export = z.infer<typeof Export>

/** One export with what stands in its file, once it is written. */
export const ExportWhole = z
  .object({ ...fields, manifest: Manifest.nullable() })
  .meta({ id: 'ExportWhole', examples: [{ ...example, manifest: null }] })
export type ExportWhole = z.infer<typeof ExportWhole>

export const ExportPage = z
  .object({ items: z.array(Export), nextCursor: z.string().nullable() })
  .meta({ id: 'ExportPage' })

/** The query of GET V/exports. */
export const ExportQuery = z.strictObject({
  status: z.enum(statuses).optional(),
  type: z.string().min(1).max(64).optional(),
  createdBy: z.string().min(1).max(256).optional(),
  ...pageFields,
})
export type ExportQuery = z.output<typeof ExportQuery>

export const Link = z.object({ url: z.string(), expiresAt: instant }).meta({
  id: 'ExportLink',
  examples: [
    {
      url: 'https://turnout-exports.s3.amazonaws.com/venues/demo/exports/…?X-Amz-Signature=…',
      expiresAt: '2026-07-01T09:15:00.000Z',
    },
  ],
})
export type Link = z.infer<typeof Link>

/** What can be exported. */
export const ExportTypes = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        definition: z.string(),
        formats: z.array(z.enum(formats)),
        columns: z.array(Column),
      }),
    ),
  })
  .meta({
    id: 'ExportTypes',
    examples: [
      {
        items: [
          {
            name: 'sales-daily',
            title: 'Sales by day',
            definition: 'One row for each business day, show and currency.',
            formats: ['csv', 'xlsx'],
            columns: [
              { name: 'day', definition: 'The business day.', kind: 'day' },
              {
                name: 'tickets_sold',
                definition: 'Tickets of paid lines.',
                kind: 'count',
                metric: 'tickets_sold',
              },
            ],
          },
        ],
      },
    ],
  })
export type ExportTypes = z.infer<typeof ExportTypes>
