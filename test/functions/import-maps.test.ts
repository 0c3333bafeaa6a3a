import { slug } from '../../lib/imports/values.ts'
import { testWithData, totals } from '../support/data.ts'
import { importFile } from '../support/importer.ts'
import { ownQueue } from '../support/queue.ts'
import { ask, closeStores } from '../support/service.ts'
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

const minor = (major: string): number => Math.round(Number(major) * 100)

/** The total of a metric in each venue, over all of time. */
const totalsOf = async (venues: string[], metric: string) => {
  const ever = { from: '1985-01-01', to: '2020-01-01', granularity: 'none' }
  const answers = await Promise.all(venues.map((venue) => ask(venue, metric, ever)))
  return Object.fromEntries(venues.map((venue, i) => [venue, answers[i]?.total ?? 0]))
}
const sumOf = (numbers: Record<string, number>) =>
  Object.values(numbers).reduce((sum, number) => sum + number, 0)

testData(
  'hotel: reservations, arrivals and cancellations are those of the file, segment by segment',
  async () => {
    const told = totals()['hotel_reservations_arrival_2017.csv']
    expect((await importFile(['hotel_reservations_arrival_2017.csv.gz', 'hotel.json'])).code).toBe(
      0,
    )
    const segments = Object.entries<number>(told.segments).map(([name, n]) => [slug(name), n])
    const venues = segments.map(([name]) => String(name))
    expect(await totalsOf(venues, 'orders')).toEqual(Object.fromEntries(segments))
    const sums = async (metric: string) => sumOf(await totalsOf(venues, metric))
    const { Canceled, Not_Canceled } = told.value_by_status
    expect(await sums('orders_cancelled')).toBe(told.status.Canceled)
    expect(await sums('admissions')).toBe(told.status.Not_Canceled)
    expect(await sums('cancelled_value')).toBe(minor(Canceled))
    expect(await sums('gross_revenue')).toBe(minor(Canceled) + minor(Not_Canceled))
    const cancelled: Record<string, number> = {}
    const months = { from: '2017-07-01', to: '2018-01-01', granularity: 'month' }
    const answers = await Promise.all(venues.map((venue) => ask(venue, 'orders_cancelled', months)))
    for (const { start, value } of answers.flatMap(({ series }) => series[0]?.points ?? [])) {
      const month = start.slice(0, 7)
      cancelled[month] = (cancelled[month] ?? 0) + (value ?? 0)
    }
    const expected = Object.entries<[number, number]>(told.by_month)
    expect(cancelled).toEqual(Object.fromEntries(expected.map(([month, [, n]]) => [month, n])))
  },
  120_000,
)

testData(
  'web log: views by the hour and searches are those of the file',
  async () => {
    const told = totals()['weblog_semicomplete_2015_0517_0518.csv']
    const file = ['weblog_semicomplete_2015_0517_0518.csv.gz', 'weblog.json'] as const
    expect((await importFile(file)).code).toBe(0)
    const span = { from: '2015-05-17', to: '2015-05-19', granularity: 'hour' }
    const views = await ask('weblog', 'page_views', span)
    // 18 lines of the file ask for something without looking at it.
    expect(views.total).toBe(told.rows - 18)
    for (const { start, value } of views.series[0]?.points ?? []) {
      expect(value).toBeLessThanOrEqual(told.hours[start.slice(0, 13)] ?? 0)
    }
    expect((await ask('weblog', 'searches', span)).total).toBe(told.search_referrer_queries)
  },
  120_000,
)
