import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { handler as metrics } from '../../functions/http/metrics.ts'
import type { Explanation } from '../../lib/explain/schema.ts'
import { catalogue } from '../../lib/metrics/catalogue.ts'
import { anyQuestion } from '../oracle/any-question.ts'
import { anyHistory, deliverRound, holdsFor, propertyTimeoutMs } from '../oracle/any-venue.ts'
import { summerPlaces } from '../oracle/places.ts'
import { event, paid, unique } from '../support/events.ts'
import { ask, call, closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const route = 'GET /v1/venues/{venueId}/metrics/{metric}/explain'
const asked = (venueId: string, metric: string, query: Record<string, string>) =>
  call(metrics, route, {
    caller: { venues: { [venueId]: 'analyst' } },
    params: { venueId, metric },
    query,
  })

/** All pages of an explanation, each of `limit` items. */
async function pagesOf(
  venueId: string,
  metric: string,
  query: Record<string, string>,
  limit = 100,
) {
  const pages: Explanation[] = []
  let cursor: string | null = null
  do {
    const more: Record<string, string> = cursor ? { cursor } : {}
    const { status, body } = await asked(venueId, metric, {
      ...query,
      ...more,
      limit: String(limit),
    })
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
    pages.push(body)
    cursor = body.nextCursor
  } while (cursor)
  return pages
}

// As the documentation tells it: nothing of the service's own code.
function checksumOf(items: Explanation['items']): string {
  const lines = items.map(
    ({ entry, occurredAt, recordedAt, value, currency, eventId }) =>
      `${[entry, occurredAt, recordedAt, value, currency ?? '-', eventId].join(' ')}\n`,
  )
  return createHash('sha256').update(lines.join('')).digest('hex')
}

const year = { from: '2026-01-01', to: '2027-01-01' }

test('the entries behind net revenue add up over pages of one moment, and name no customer', async () => {
  const venue = unique('v')
  const buyer = { actor: { customer_id: 'jane-doe' } }
  const order = paid(venue, buyer)
  const { order_id } = order.data as { order_id: string }
  await deliver(
    order,
    paid(venue, { event_id: 'two\nlines "quoted" é' }),
    event(venue, 'refund.completed', {
      data: { refund_id: unique('r'), order_id, currency: 'USD', amount_minor: 1000 },
    }),
    event(venue, 'page.viewed'),
  )
  const [first] = await pagesOf(venue, 'net_revenue', year)
  expect(first).toMatchObject({ total: 17_200, entries: 3, nextCursor: null })
  expect(first?.items.map(({ value }) => value).sort()).toEqual([-1000, 9100, 9100])
  expect(first?.checksum).toBe(checksumOf(first?.items ?? []))
  expect(JSON.stringify(first)).not.toMatch(/jane|customer/)

  const one = await asked(venue, 'net_revenue', { ...year, limit: '1' })
  await deliver(paid(venue))
  const rest = await asked(venue, 'net_revenue', {
    ...year,
    limit: '2',
    cursor: one.body.nextCursor,
  })
  expect(rest.body).toMatchObject({ total: 17_200, entries: 3, asOf: one.body.asOf })
  expect([...one.body.items, ...rest.body.items]).toEqual(first?.items)
  expect(rest.body.nextCursor).toBeNull()
})

test('money of two currencies has a total each', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue, { data: { order_id: unique('o'), currency: 'EUR' } }))
  const [both] = await pagesOf(venue, 'gross_revenue', year)
  expect(both).toMatchObject({
    total: null,
    totals: [
      { currency: 'EUR', total: 9100, entries: 1 },
      { currency: 'USD', total: 9100, entries: 1 },
    ],
  })
  const [euros] = await pagesOf(venue, 'gross_revenue', { ...year, currency: 'EUR' })
  expect(euros).toMatchObject({ total: 9100, entries: 1 })
})

test('cancelled free tickets of two currencies have a whole, as the planner says, and paid ones none', async () => {
  const venue = unique('v')
  const cancelled = (currency: string, amount_minor: number) => {
    const order_id = unique('o')
    const items = [{ ticket_type_id: 'stalls', quantity: 1, amount_minor }]
    return [
      paid(venue, { data: { order_id, currency, items } }),
      event(venue, 'order.cancelled', { data: { order_id } }),
    ]
  }
  const both = async () => {
    const [told] = await pagesOf(venue, 'cancelled_value', year)
    const { total } = await ask(venue, 'cancelled_value', { ...year, granularity: 'none' })
    return [told?.total, total]
  }
  await deliver(...cancelled('EUR', 0), ...cancelled('JPY', 0))
  expect(await both()).toEqual([0, 0])
  await deliver(...cancelled('EUR', 500))
  expect(await both()).toEqual([500, 500])
  await deliver(...cancelled('JPY', 500))
  expect(await both()).toEqual([null, null])
})

test('what has no entries of its own says by name what to explain instead', async () => {
  const venue = unique('v')
  const ratio = await asked(venue, 'average_order_value', year)
  expect([ratio.status, ratio.body.detail]).toEqual([
    422,
    expect.stringMatching(/^average_order_value .*gross_revenue and orders/),
  ])
  const buyers = await asked(venue, 'unique_buyers', year)
  expect([buyers.status, buyers.body.detail]).toEqual([422, expect.stringMatching(/orders/)])
  expect((await asked(venue, 'no_such', year)).status).toBe(404)
  expect(await asked(venue, 'orders', year)).toMatchObject({
    status: 200,
    body: { total: 0, entries: 0, items: [], checksum: checksumOf([]) },
  })
})

test('a viewer may not, another venue is not found, and its cursor is none here', async () => {
  const [own, other] = [unique('v'), unique('v')]
  await deliver(paid(own), paid(own))
  const as = (role: 'viewer' | 'analyst', of: string) =>
    call(metrics, route, {
      caller: { venues: { [of]: role } },
      params: { venueId: own, metric: 'orders' },
      query: year,
    })
  expect((await as('viewer', own)).status).toBe(403)
  expect((await as('analyst', other)).status).toBe(404)
  const { body } = await asked(own, 'orders', { ...year, limit: '1' })
  const foreign = await asked(other, 'orders', { ...year, limit: '1', cursor: body.nextCursor })
  expect([foreign.status, foreign.body.issues[0].path]).toEqual([400, 'cursor'])
})

const additive = [...catalogue.values()].filter(({ additive }) => additive).map(({ name }) => name)

test.each(summerPlaces.slice(0, 3))(
  'in $timezone, whatever happened, entries add up to what the planner answers',
  async (place) => {
    const questions = fc.tuple(anyQuestion(place, 'none'), anyQuestion(place, 'day'))
    const names = fc.shuffledSubarray(additive, { minLength: 3, maxLength: 3 })
    await holdsFor(
      fc.asyncProperty(anyHistory(place), questions, names, async ({ rounds }, some, metric) => {
        const venueId = unique('v')
        for (const round of rounds) await deliverRound(venueId, round)
        for (const { from, to, tz, currency, filters, includeTest } of some) {
          const query = {
            ...{ from, to, include_test: String(includeTest) },
            ...(tz && { tz }),
            ...(currency && { currency }),
            ...Object.fromEntries(
              filters
                .filter(({ values }) => values.length > 0)
                .map(({ dimension, values }) => [`filter[${dimension}]`, values.join(',')]),
            ),
          }
          for (const name of metric) {
            const pages = await pagesOf(venueId, name, query, 7)
            const [{ asOf, total, totals, entries, checksum }] = pages as [Explanation]
            const items = pages.flatMap((page) => page.items)
            const answer = await ask(venueId, name, { ...query, asOf, granularity: 'none' })
            expect(total).toBe(answer.total)
            expect(items).toHaveLength(entries)
            expect(checksumOf(items)).toBe(checksum)
            for (const { currency: of, total: sum } of totals) {
              const own = items.filter((item) => item.currency === of)
              expect(own.reduce((left, { value }) => left + value, 0)).toBe(sum)
            }
          }
        }
      }),
      8,
    )
  },
  propertyTimeoutMs,
)
