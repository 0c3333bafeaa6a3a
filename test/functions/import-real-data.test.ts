import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { dataFile, testWithData, totals } from '../support/data.ts'
import { importFile } from '../support/importer.ts'
import { ownQueue } from '../support/queue.ts'
import { ask, call, closeStores } from '../support/service.ts'
import { startWorker } from '../support/worker.ts'

const testData = testWithData()
let worker: ReturnType<typeof startWorker>

beforeAll(async () => {
  await ownQueue()
  worker = startWorker()
})
afterAll(async () => {
  await worker.stop()
  await closeStores()
})

const broadway = ['broadway_corgis_1990_2004.csv.gz', 'broadway-corgis.json'] as const
const tickets = ['arttheater_ticket_sales_2016_2017.csv.gz', 'arttheater.json'] as const
const giftCards = ['arttheater_gift_cards_2016_2017.csv', 'arttheater-gift-cards.json'] as const

const ever = { from: '1985-01-01', to: '2020-01-01' }
const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

const theatres = (): string[] => {
  const text = gunzipSync(readFileSync(dataFile(broadway[0])))
  const rows = parse(text, { columns: true }) as Record<string, string>[]
  return [...new Set(rows.map((row) => slug(row['Show.Theatre'] ?? '')))]
}

const byKey = async (venue: string, metric: string, group: string) => {
  const answer = await ask(venue, metric, { ...ever, granularity: 'none', group_by: group })
  return Object.fromEntries(answer.series.map((one) => [one.key[group], one.total]))
}

async function compareArtTheater() {
  const told = totals()[tickets[0].replace('.gz', '')]
  const venue = 'art-theater'
  const months = { from: '2016-06-01', to: '2018-01-01', granularity: 'month' }
  const revenue = await ask(venue, 'gross_revenue', months)
  const sold = await ask(venue, 'tickets_sold', months)
  const byMonth = Object.fromEntries(
    revenue.series[0]?.points.map(({ start, value }, i) => [
      start.slice(0, 7),
      [((value ?? 0) / 100).toFixed(2), sold.series[0]?.points[i]?.value],
    ]) ?? [],
  )
  expect(byMonth).toEqual(told.by_month)
  expect(revenue.total).toBe(Math.round(Number(told.revenue) * 100))
  expect(sold.total).toBe(told.tickets)
  const types = Object.entries(told.under_the_map.by_ticket_type_minor)
  expect(await byKey(venue, 'gross_revenue', 'ticket_type')).toEqual(
    Object.fromEntries(types.map(([name, minor]) => [slug(name), minor])),
  )
  expect((await ask(venue, 'comps', { ...ever, granularity: 'none' })).total).toBe(
    told.comp_tickets_zero_price,
  )
  const showings = { ...ever, granularity: 'none', group_by: 'event,session' }
  expect((await ask(venue, 'tickets_sold', showings)).series).toHaveLength(1619)
  const shows = await byKey(venue, 'gross_revenue', 'event')
  expect(Object.keys(shows)).toHaveLength(told.under_the_map.shows)
  for (const [name, minor] of Object.entries(told.under_the_map.top_shows_minor)) {
    expect([name, shows[slug(name)]]).toEqual([name, minor])
  }
}

async function compareGiftCards() {
  const told = totals()[giftCards[0]].under_the_map
  for (const metric of ['gross_revenue', 'refunds', 'net_revenue']) {
    const answer = await ask('art-theater-gift-cards', metric, { ...ever, granularity: 'none' })
    expect([metric, answer.total]).toEqual([metric, told[metric]])
  }
}

async function compareBroadway(venues: string[]) {
  const told = totals()[broadway[0].replace(/\.gz$/, '')] ?? totals()[broadway[0]]
  const years: Record<string, [number, number]> = {}
  const byTheatre: Record<string, [number, number]> = {}
  await Promise.all(
    venues.map(async (venue) => {
      const span = { from: '1990-01-01', to: '2005-01-01', granularity: 'month' }
      const [gross, sold] = await Promise.all([
        ask(venue, 'gross_revenue', span),
        ask(venue, 'tickets_sold', span),
      ])
      byTheatre[venue] = [gross.total ?? 0, sold.total ?? 0]
      gross.series[0]?.points.forEach(({ start, value }, i) => {
        const [money, people] = years[start.slice(0, 4)] ?? [0, 0]
        const seats = sold.series[0]?.points[i]?.value ?? 0
        years[start.slice(0, 4)] = [money + (value ?? 0), people + seats]
      })
    }),
  )
  for (const year of Object.keys(told.gross_by_year)) {
    const expected = [told.gross_by_year[year] * 100, told.attendance_by_year[year]]
    expect([year, ...(years[year] ?? [])]).toEqual([year, ...expected])
  }
  for (const [theatre, gross] of told.top_theatres_gross) {
    expect([theatre, byTheatre[slug(theatre)]?.[0]]).toEqual([theatre, Number(gross) * 100])
  }
  for (const [theatre, people] of told.top_theatres_attendance) {
    expect([theatre, byTheatre[slug(theatre)]?.[1]]).toEqual([theatre, Number(people)])
  }
  const all = Object.values(byTheatre).reduce((sum, [gross]) => sum + gross, 0)
  expect(all).toBe(told.gross * 100)
}

testData(
  'art theater: sales and gift cards equal the independent totals to the cent',
  async () => {
    for (const file of [tickets, giftCards]) expect((await importFile(file)).code).toBe(0)
    await compareArtTheater()
    await compareGiftCards()
  },
  120_000,
)

testData(
  'a second import, and one killed in mid-file, change no number',
  async () => {
    const again = await importFile(tickets)
    expect(again.code).toBe(0)
    await compareArtTheater()
    const killed = await importFile(broadway, 2500)
    expect(killed.code).toBeNull()
    expect((await importFile(broadway)).code).toBe(0)
    const venues = theatres()
    await compareBroadway(venues)
    expect((await importFile(broadway)).code).toBe(0)
    await compareBroadway(venues)
  },
  240_000,
)

testData('the token of one theatre sees that theatre only', async () => {
  const route = 'GET /v1/venues/{venueId}/metrics/{metric}'
  const asked = (venueId: string) =>
    call(metrics, route, {
      caller: { venues: { palace: 'viewer' } },
      params: { venueId, metric: 'gross_revenue' },
      query: { ...ever, granularity: 'none' },
    })
  expect((await asked('palace')).body.total).toBeGreaterThan(0)
  expect((await asked('majestic')).status).toBe(404)
})
