import { readTenant } from '../../lib/clients/postgres.ts'
import type { ExportType } from '../../lib/exports/catalogue.ts'
import { exportTypes } from '../../lib/exports/files/all.ts'
import { type Asked, entries, tellQuestion } from '../../lib/exports/source.ts'
import { totalsSelect } from '../../lib/exports/totals.ts'
import { catalogue } from '../../lib/metrics/catalogue.ts'
import { exactMoment, moment } from '../../lib/metrics/question.ts'
import { plainFilters, type TableQuery } from '../../lib/metrics/table-schema.ts'
import { readVenue } from '../../lib/venues/store.ts'
import { askTable } from './service.ts'

/** What is asked of files and of the API alike. */
export type FileQuestion = {
  from: string
  to: string
  tz?: string | undefined
  filters?: TableQuery['filters']
  currency?: string | undefined
  includeTest?: boolean
  asOf: string
}

export type Line = Record<string, string | number | null>

export const typeOf = (name: string): ExportType => {
  const type = exportTypes.get(name)
  if (!type) throw new Error(`there is no type ${name}`)
  return type
}

/** A question as the worker holds it: its time in instants, by the venue's clock of now. */
export const askedOf = (venueId: string, question: FileQuestion): Promise<Asked> =>
  readTenant(venueId, async (tx) => {
    const { settings } = await readVenue(tx, venueId)
    const calendar = { ...settings, timeZone: question.tz ?? settings.timeZone }
    return {
      from: moment('from', question.from, calendar),
      to: moment('to', question.to, calendar),
      asOf: exactMoment(question.asOf),
      filters: plainFilters(question.filters ?? []),
      currency: question.currency ?? null,
      includeTest: question.includeTest ?? false,
      calendar,
    }
  })

/** The lines of a file, those columns alone that are in it. */
export async function linesOf(venueId: string, name: string, asked: Asked): Promise<Line[]> {
  const { columns, rows, order } = typeOf(name)
  const cells = columns.map((column) => `r.${column.name}`).join(', ')
  const found = await run<{ line: string }>(
    venueId,
    asked,
    `with ${entries}, file as (select row_number() over (order by ${order}) as n, ${cells} from (${rows}) r)
     select (to_jsonb(f) - 'n')::text as line from file f order by n`,
  )
  return found.map(({ line }) => JSON.parse(line))
}

/** The totals of a file by currency; '' where the type has none. */
export async function totalsOf(venueId: string, name: string, asked: Asked) {
  const [found] = await run<{ line: string }>(venueId, asked, totalsText(typeOf(name)))
  return byCurrency(found?.line)
}

/** The totals of every file, in one transaction. */
const allTotalsOf = (venueId: string, asked: Asked) =>
  readTenant(venueId, async (tx) => {
    await tellQuestion(tx, asked)
    const found = await Promise.all(
      [...exportTypes.values()].map((type) => tx.unsafe<{ line: string }[]>(totalsText(type))),
    )
    return new Map(
      [...exportTypes.keys()].map((name, i) => [name, byCurrency(found[i]?.[0]?.line)]),
    )
  })

const totalsText = (type: ExportType) =>
  `select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text as line from (${totalsSelect(type)}) t`

function byCurrency(text = '[]') {
  const lines = JSON.parse(text) as Record<string, string | null>[]
  return new Map(lines.map(({ currency, ...sums }) => [currency ?? '', sums]))
}

const run = <T extends object>(venueId: string, asked: Asked, statement: string): Promise<T[]> =>
  readTenant(venueId, async (tx) => {
    await tellQuestion(tx, asked)
    return tx.unsafe<T[]>(statement)
  })

const additive = [...catalogue.values()].filter((metric) => metric.formula.kind === 'sum')
const names = additive.map(({ name }) => name)
/** Counted once in the whole, in each currency of its lines by the API, in one of them by a file. */
const placed = ['orders', 'orders_cancelled']

/** What the API answers: each metric by currency, and those that are counts in the whole. */
async function answersOf(venueId: string, question: FileQuestion) {
  const { from, to, tz, filters = [], currency, includeTest = false, asOf } = question
  const common = { time: { from, to, granularity: 'none', tz }, currency, filters, asOf }
  const told = async (measures: string[], dimensions: string[]) => {
    const found: Record<string, Record<string, number>> = {}
    for (let at = 0; at < measures.length; at += 5) {
      const some = measures.slice(at, at + 5)
      const body = { ...common, include_test: includeTest, measures: some, dimensions }
      for (const row of (await askTable(venueId, body)).rows) {
        const key = dimensions.length > 0 ? String(row[0] ?? '') : ''
        some.forEach((name, i) => {
          found[name] ??= {}
          found[name][key] = Number(row[dimensions.length + i])
        })
      }
    }
    return found
  }
  const counts = additive.filter(({ unit }) => unit === 'count').map(({ name }) => name)
  return { by: await told(names, ['currency']), whole: await told(counts, []) }
}

/** Holds every total of every type against the answers of the API to the same question. */
export async function expectTotalsOfApi(venueId: string, question: FileQuestion): Promise<void> {
  const asked = await askedOf(venueId, question)
  const { by, whole } = await answersOf(venueId, question)
  const all = await allTotalsOf(venueId, asked)
  for (const type of exportTypes.values()) {
    const totals = all.get(type.name) ?? byCurrency()
    const hasCurrency = type.columns.some(({ name }) => name === 'currency')
    for (const { name, kind, metric } of type.columns) {
      if (!metric) continue
      const own = Object.fromEntries([...totals].map(([key, sums]) => [key, Number(sums[name])]))
      const sum = Object.values(own).reduce((left, value) => left + value, 0)
      const place = [type.name, name]
      if (kind !== 'money') expect([...place, sum]).toEqual([...place, whole[metric]?.[''] ?? 0])
      if (!hasCurrency || placed.includes(metric)) continue
      expect([...place, touched(own)]).toEqual([...place, touched(by[metric] ?? {})])
    }
  }
}

const touched = (sums: Record<string, number>) =>
  Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0))
