import { testWithData, totals } from '../../support/data.ts'
import { askedOf, linesOf } from '../../support/export-lines.ts'
import { importFile } from '../../support/importer.ts'
import { ownQueue } from '../../support/queue.ts'
import { ask, closeStores } from '../../support/service.ts'
import { startWorker } from '../../support/worker.ts'

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

const venue = 'art-theater'
type Sums = Record<string, [cents: number, tickets: number]>

testData(
  'settlement and sales by day of the art theater add up to the independent totals of each local month',
  async () => {
    const file = 'arttheater_ticket_sales_2016_2017.csv.gz'
    expect((await importFile([file, 'arttheater.json'])).code).toBe(0)
    const told = totals()[file.replace('.gz', '')]
    const months = Object.keys(told.by_month).sort()
    const wanted = Object.fromEntries(
      months.map((month) => {
        const [revenue, tickets] = told.by_month[month]
        return [month, [Math.round(Number(revenue) * 100), tickets]]
      }),
    )
    const { asOf } = await ask(venue, 'orders', { from: '2017-01-01', to: '2017-01-02' })
    const of = async (name: string, from: string, to: string) =>
      linesOf(venue, name, await askedOf(venue, { from, to, asOf }))

    const byDay: Sums = {}
    for (const { day, gross_revenue, tickets_sold } of await of(
      'sales-daily',
      '2016-01-01',
      '2018-12-31',
    )) {
      const month = String(day).slice(0, 7)
      const [cents, tickets] = byDay[month] ?? [0, 0]
      byDay[month] = [cents + Number(gross_revenue), tickets + Number(tickets_sold)]
    }
    expect(byDay).toEqual(wanted)

    const settled: Sums = {}
    for (const month of months) {
      const next = new Date(`${month}-01T00:00:00Z`)
      next.setUTCMonth(next.getUTCMonth() + 1)
      const lines = await of('settlement', `${month}-01`, next.toISOString().slice(0, 10))
      settled[month] = [
        lines.reduce((sum, line) => sum + Number(line.net_revenue), 0),
        lines.reduce((sum, line) => sum + Number(line.tickets_sold), 0),
      ]
    }
    expect(settled).toEqual(wanted)
  },
  180_000,
)
