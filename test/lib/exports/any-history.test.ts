import fc from 'fast-check'
import { exportTypes } from '../../../lib/exports/files/all.ts'
import { businessDayOf } from '../../../lib/time/periods.ts'
import { oneByOne } from '../../oracle/any-order.ts'
import { anyQuestion, type Question } from '../../oracle/any-question.ts'
import { anyHistory, deliverRound, holdsFor, propertyTimeoutMs } from '../../oracle/any-venue.ts'
import { type Place, summerPlaces } from '../../oracle/places.ts'
import { unique } from '../../support/events.ts'
import {
  askedOf,
  expectTotalsOfApi,
  type FileQuestion,
  linesOf,
} from '../../support/export-lines.ts'
import { ask, closeStores } from '../../support/service.ts'

afterAll(closeStores)

const places = summerPlaces.slice(0, 3)
const questionsOf = (place: Place) =>
  fc.tuple(anyQuestion(place, 'none'), anyQuestion(place, 'none'))

/** What was known when the last answer was given. */
const now = async (venueId: string): Promise<string> =>
  (await ask(venueId, 'orders', { from: '2025-01-01', to: '2025-01-02' })).asOf

const asFile = ({ from, to, tz, currency, includeTest, ...rest }: Question, asOf: string) => {
  const filters = rest.filters.map(({ dimension, op, values }) =>
    values.length > 0 ? { dimension, op, values } : { dimension, op },
  ) as FileQuestion['filters']
  return { from, to, tz, currency, includeTest, filters: filters ?? [], asOf }
}

const everything = (asOf: string): FileQuestion => ({ from: '2024-06-01', to: '2026-06-01', asOf })

test.each(places)(
  'in $timezone, whatever happened, every total of every file is what the API answers',
  async (place) => {
    await holdsFor(
      fc.asyncProperty(anyHistory(place), questionsOf(place), async ({ rounds }, some) => {
        const venueId = unique('v')
        for (const round of rounds) await deliverRound(venueId, round)
        const asOf = await now(venueId)
        const questions = [...some.map((one) => asFile(one, asOf)), everything(asOf)]
        for (const question of questions) {
          await expectTotalsOfApi(venueId, question)
        }
      }),
      2,
    )
  },
  propertyTimeoutMs,
)

test.each(places)(
  'in $timezone, the lines of a moment stay the same whatever comes later',
  async (place) => {
    await holdsFor(
      fc.asyncProperty(anyHistory(place, 20), questionsOf(place), async (history, [some]) => {
        const venueId = unique('v')
        const rounds = oneByOne(history)
        const middle = Math.ceil(rounds.length / 2)
        for (const round of rounds.slice(0, middle)) await deliverRound(venueId, round)
        const asOf = await now(venueId)
        const all = await askedOf(venueId, everything(asOf))
        const part = await askedOf(venueId, asFile(some, asOf))
        const read = () =>
          Promise.all(
            [...exportTypes.keys()].flatMap((name) =>
              [all, part].map(async (asked) => [name, await linesOf(venueId, name, asked)]),
            ),
          )
        const before = await read()
        for (const round of rounds.slice(middle)) await deliverRound(venueId, round)
        expect(await read()).toEqual(before)
      }),
      2,
    )
  },
  propertyTimeoutMs,
)

test.each(places)(
  'in $timezone, the rows of a business day are the API’s points of that day',
  async (place) => {
    const metrics = ['gross_revenue', 'net_revenue', 'refunds', 'orders', 'tickets_cancelled']
    await holdsFor(
      fc.asyncProperty(anyHistory(place), anyQuestion(place, 'day'), async ({ rounds }, some) => {
        const venueId = unique('v')
        for (const round of rounds) await deliverRound(venueId, round)
        const { from, to } = some
        const asOf = await now(venueId)
        const asked = await askedOf(venueId, { from, to, asOf })
        const lines = await linesOf(venueId, 'sales-daily', asked)
        for (const metric of metrics) {
          const { currency, series } = await ask(venueId, metric, { from, to, asOf })
          for (const { key, points } of series) {
            const own = lines.filter((line) =>
              [line.currency, null].includes(ofMoney(key, currency)),
            )
            const found: Record<string, number> = {}
            for (const { day, ...line } of own) {
              found[String(day)] = (found[String(day)] ?? 0) + Number(line[metric])
            }
            const expected = points.map(({ start, value }) => [
              businessDayOf(Date.parse(start), asked.calendar).date,
              value,
            ])
            expect([metric, nonZero(Object.entries(found))]).toEqual([metric, nonZero(expected)])
          }
        }
      }),
      4,
    )
  },
  propertyTimeoutMs,
)

// Counts have no currency; money of one has it at the top, of several in its series.
const ofMoney = (key: Record<string, string | null>, currency: string | null) =>
  key.currency ?? currency

const nonZero = (points: (string | number | null | undefined)[][]) =>
  Object.fromEntries(points.filter(([, value]) => value !== 0))
