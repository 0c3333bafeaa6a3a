import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { closeStores, context, deliver } from '../support/service.ts'

afterAll(closeStores)

const dayMs = 86_400_000

/** Paid orders of a venue, each on another day and of another show. */
const orders = (venueId: string, count: number) =>
  Array.from({ length: count }, (_, i) =>
    paid(venueId, {
      occurred_at: new Date(Date.now() - i * dayMs).toISOString(),
      event_ref: { event_id: `show-${i % 30}` },
    }),
  )

/** What a tick sends, each statement by its first words, in the order it is sent. */
async function statementsOf(venueId: string): Promise<string[]> {
  const sent: string[] = []
  const stop = observeStatements((text) => {
    const [, name = ''] = /^\s*(\w+(?: \w+){0,2})/.exec(text.replace(/\s+/g, ' ')) ?? []
    sent.push(name)
  })
  await aggregateVenue(delivery({ venueId }), context)
  stop()
  return sent
}

test('a tick sends the same statements for one order as for a hundred days of thirty shows', async () => {
  const [small, large] = [unique('v'), unique('v')]
  for (const venue of [small, large]) {
    await deliver(paid(venue))
    await statementsOf(venue) // the first tick finds no windows, and drops what may be there
  }
  await deliver(paid(small, { occurred_at: new Date().toISOString() }))
  await deliver(orders(large, 100))
  const first = await statementsOf(small)
  expect(await statementsOf(large)).toEqual(first)
  // Weeks are made of days, and progress is noted after both: their order is part of the tick.
  expect(first.filter((text) => /^(insert|delete|update)/.test(text))).toEqual([
    'insert into aggregations',
    'insert into windows',
    'insert into windows',
    'insert into show_totals',
    'delete from windows',
    'update aggregations set',
    'update show_totals t',
  ])
  expect(first.length).toBe(21)
  expect((await statementsOf(large)).length).toBeLessThan(first.length)
})
