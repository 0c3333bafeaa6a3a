import fc from 'fast-check'
import { catalogue } from '../../../lib/metrics/catalogue.ts'
import type { TableAnswer } from '../../../lib/metrics/table-schema.ts'
import { anyMoment } from '../../oracle/any-history.ts'
import { anyHistory, deliverRound, holdsFor, propertyTimeoutMs } from '../../oracle/any-venue.ts'
import { places } from '../../oracle/places.ts'
import { unique } from '../../support/events.ts'
import { askTable, closeStores } from '../../support/service.ts'

afterAll(closeStores)

const additive = [...catalogue.values()].filter((metric) => metric.additive).map((m) => m.name)
const chains = [
  { days: 2, granularities: ['minute', '5min', 'hour', 'day', 'none'] },
  { days: 70, granularities: ['hour', 'day', 'week', 'none'] },
  { days: 300, granularities: ['day', 'month', 'none'] },
]

test.each(places)(
  'in $timezone minutes sum to hours, hours to days, days to weeks, to months and to the whole',
  async (place) => {
    const question = fc.record({
      measures: fc.shuffledSubarray(additive, { minLength: 1, maxLength: 5 }),
      middle: anyMoment(place),
      chain: fc.constantFrom(...chains),
    })
    const questions = fc.array(question, { minLength: 1, maxLength: 3 })
    await holdsFor(
      fc.asyncProperty(anyHistory(place), questions, async ({ rounds }, asked) => {
        const venueId = unique('v')
        for (const round of rounds) await deliverRound(venueId, round)
        for (const { measures, middle, chain } of asked) {
          const date = (days: number) =>
            new Date(middle + days * 86_400_000).toISOString().slice(0, 10)
          const span = { from: date(-chain.days / 2), to: date(chain.days / 2) }
          const finer: [string, TableAnswer][] = []
          for (const granularity of chain.granularities) {
            const time = { ...span, granularity }
            const coarse = await askTable(venueId, { measures, time, limit: 10_000 })
            for (const [by, fine] of finer) {
              // Where days begin at the half hour, an hour belongs to two of them.
              const isAcross = by === 'hour' && isDayLong(granularity) && isOffHour(place.dayStart)
              if (!isAcross) expect(sums(fine, coarse)).toEqual(sums(coarse, coarse))
            }
            finer.push([granularity, coarse])
          }
        }
      }),
      2,
    )
  },
  propertyTimeoutMs,
)

const isDayLong = (granularity: string): boolean => ['day', 'week'].includes(granularity)
const isOffHour = (dayStart: string): boolean => !dayStart.endsWith(':00')

/** The sums of an answer's rows in the buckets of a coarser one; money by its currency. */
function sums(answer: TableAnswer, buckets: TableAnswer): Record<string, number> {
  const starts = timesOf(buckets)
  const found: Record<string, number> = {}
  for (const row of answer.rows) {
    const at = Date.parse(String(row[0]))
    const bucket = starts.findLast((start) => start <= at) ?? 'whole'
    const texts = answer.columns.flatMap(({ unit }, i) => (unit === 'text' ? [row[i]] : []))
    answer.columns.forEach(({ name, unit }, i) => {
      if (unit === 'text' || unit === 'time' || row[i] === 0) return
      const key = JSON.stringify([bucket, name, ...texts])
      found[key] = (found[key] ?? 0) + Number(row[i])
    })
  }
  return Object.fromEntries(Object.entries(found).filter(([, sum]) => sum !== 0))
}

const timesOf = ({ columns, rows }: TableAnswer): number[] =>
  columns[0]?.unit === 'time' ? rows.map((row) => Date.parse(String(row[0]))) : []
