import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { openEvent } from '../../../lib/events/door.ts'
import { createMapper, type Mapped } from '../../../lib/imports/map.ts'
import { readRows, sourceOf } from '../../../lib/imports/read.ts'
import { parseMap } from '../../../lib/imports/schema.ts'
import { parseDecimal, slug, toMinor } from '../../../lib/imports/values.ts'

// The files may not lie in the repository: their terms forbid it. TOTALS.json was made from them
// with exact decimals and without our code.
const folder = process.env.TURNOUT_DATA ?? path.resolve('..', 'shared', 'data')
const isHere = existsSync(path.join(folder, 'TOTALS.json'))
if (!isHere) console.warn(`SKIPPED: no TOTALS.json in ${folder}; name the folder by TURNOUT_DATA`)
export const whereData = isHere ? test : test.skip

// biome-ignore lint/suspicious/noExplicitAny: events of many types and a file of free form
export type Loose = any
export type Pairs = [string, number][]

export const totalsOf = (file: string): Loose =>
  JSON.parse(readFileSync(path.join(folder, 'TOTALS.json'), 'utf8'))[file]

export async function mapFile(name: string, fileName: string) {
  const file = path.join(folder, fileName)
  const map = parseMap(readFileSync(path.resolve('test/maps', `${name}.json`), 'utf8'))
  const mapper = createMapper(map, sourceOf(file))
  const mapped: Mapped[] = []
  let rows = 0
  for await (const row of readRows(file)) {
    rows += 1
    if ('reason' in row) throw new Error(`record ${row.line} ${row.reason}`)
    mapped.push(...mapper.push(row))
  }
  mapped.push(...mapper.end())
  const refused = mapped.filter(({ kind }) => kind === 'refused')
  const skipped = mapped.filter(({ kind }) => kind === 'skipped').length
  const events: Loose[] = mapped.flatMap((one) => (one.kind === 'event' ? one.event : []))
  return { rows, events, refused, skipped, rounding: mapper.rounding() }
}

const options = { messageId: '', now: new Date(), secret: 'a secret of the test', index: 0 }
const isRefused = (event: unknown) => !openEvent(event, options).ok
export const ofType = (events: Loose[], type: string) =>
  events.filter((event) => event.type === type)
export const cents = (text: string) =>
  Number(toMinor(parseDecimal(text) ?? { digits: 0n, scale: 0 }, 2).minor)
export const year = (event: Loose) => event.occurred_at.slice(0, 4)
export const month = (event: Loose) => event.occurred_at.slice(0, 7)
export const gross = (event: Loose) =>
  event.data.items.reduce((sum: number, item: Loose) => sum + item.amount_minor, 0)
export const tickets = (event: Loose) =>
  event.data.items.reduce((sum: number, item: Loose) => sum + item.quantity, 0)
export const refund = (event: Loose) => event.data.amount_minor

export function sumBy(
  events: Loose[],
  keyOf: (event: Loose) => string,
  amountOf: (event: Loose) => number,
) {
  const sums: Record<string, number> = {}
  for (const event of events) sums[keyOf(event)] = (sums[keyOf(event)] ?? 0) + amountOf(event)
  return sums
}

export const sum = (events: Loose[], amountOf: (event: Loose) => number) =>
  sumBy(events, () => 'all', amountOf).all

export const pick = (sums: Record<string, number>, pairs: Pairs) =>
  Object.fromEntries(pairs.map(([name]) => [name, sums[slug(name)]]))

export const numbers = (pairs: [string, string][], factor = 1) =>
  Object.fromEntries(pairs.map(([name, value]) => [name, Number(value) * factor]))

export const inCents = (sums: Record<string, number | string>) =>
  Object.fromEntries(Object.entries(sums).map(([key, value]) => [key, cents(String(value))]))

export function expectWhole(
  { events, refused, rows }: Awaited<ReturnType<typeof mapFile>>,
  totals: Loose,
) {
  expect(rows).toBe(totals.rows)
  expect(refused).toEqual([])
  expect(events.filter(isRefused)).toEqual([])
  expect(new Set(events.map(({ venue_id, event_id }) => `${venue_id} ${event_id}`)).size).toBe(
    events.length,
  )
}
