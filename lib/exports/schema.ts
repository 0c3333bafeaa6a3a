import * as z from 'zod'
import { asOf, currency, from, to, zone } from '../metrics/question.ts'
import { filters } from '../metrics/table-schema.ts'

export const formats = ['csv', 'ndjson', 'json', 'xlsx', 'parquet'] as const
export type Format = (typeof formats)[number]
export const statuses = [
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const

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
    type: z.string().max(64).meta({ description: 'A name of `GET /v1/export-types`' }),
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
