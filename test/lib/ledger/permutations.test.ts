import fc from 'fast-check'
import { admit, type TicketEntry, ticketKey } from '../../../lib/ledger/admissions.ts'
import { type Dimensions, difference, type Entry } from '../../../lib/ledger/entry.ts'
import { bookOrder, type OrderEvent } from '../../../lib/ledger/orders.ts'

const nowhere: Dimensions = {
  event: null,
  session: null,
  ticket_type: null,
  channel: null,
  currency: null,
  promo_code: null,
  gate: null,
  scan_reason: null,
  source: null,
  test_mode: false,
}

const ticketType = fc.constantFrom('stalls', 'circle')
const instant = fc.integer({ min: 0, max: 6 }) // few instants: ties are common
const place = fc.record({
  event: fc.constantFrom(null, 'e1', 'e2'),
  channel: fc.constantFrom(null, 'online', 'phone'),
  currency: fc.constantFrom('USD', 'EUR'),
})
const placed = (own: Partial<Dimensions>): Dimensions => ({ ...nowhere, ...own })

const paid = fc.record({
  kind: fc.constant('paid' as const),
  occurredAt: instant,
  dimensions: place.map(placed),
  lines: fc.array(
    fc.record({
      ticketType,
      quantity: fc.integer({ min: 0, max: 5 }),
      value: fc.integer({ min: -50, max: 1000 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
})
const cancelled = fc.record({
  kind: fc.constant('cancelled' as const),
  occurredAt: instant,
  dimensions: place.map(({ event, channel }) => placed({ event, channel })),
  items: fc.option(
    fc.array(fc.record({ ticketType, quantity: fc.integer({ min: 0, max: 6 }) }), { maxLength: 3 }),
  ),
})
const history = fc
  .tuple(fc.array(paid, { maxLength: 3 }), fc.array(cancelled, { maxLength: 4 }))
  .map(([sales, ends]): OrderEvent[] =>
    [...sales, ...ends].map((fact, i) => ({ ...fact, orderId: 'o-1', eventId: `e-${i}` })),
  )

/** The same things in another order, in batches. */
const arrivals = <T>(things: T[]) =>
  fc
    .tuple(
      fc.shuffledSubarray(things, { minLength: things.length, maxLength: things.length }),
      fc.array(fc.integer({ min: 1, max: 3 }), {
        minLength: things.length,
        maxLength: things.length,
      }),
    )
    .map(([order, sizes]) => {
      const rest = [...order]
      return sizes.map((size) => rest.splice(0, size)).filter((batch) => batch.length > 0)
    })

const arriving = history.chain((facts) => fc.tuple(fc.constant(facts), arrivals(facts)))

test('booking an order bit by bit, in any order, sums to booking it at once', () => {
  fc.assert(
    fc.property(arriving, ([facts, batches]) => {
      const entries: Entry[] = []
      let known: OrderEvent[] = []
      for (const batch of batches) {
        entries.push(...difference(bookOrder(known), bookOrder([...known, ...batch])))
        known = stored([...known, ...batch])
      }
      expect(sumOf(entries)).toEqual(sumOf(bookOrder(facts)))
    }),
    { numRuns: 2000 },
  )
})

test('an order counts once if a line of it was paid, and is cancelled once at most', () => {
  fc.assert(
    fc.property(history, (facts) => {
      const entries = bookOrder(facts)
      const isPaid = facts.some((fact) => fact.kind === 'paid')
      expect(totalOf(entries, 'orders')).toBe(isPaid ? 1 : 0)
      expect(totalOf(entries, 'orders_cancelled')).toBeLessThanOrEqual(isPaid ? 1 : 0)
    }),
  )
})

test('never more tickets of a type are cancelled than were paid', () => {
  fc.assert(
    fc.property(history, (facts) => {
      const entries = bookOrder(facts)
      for (const type of ['stalls', 'circle']) {
        const sold = facts
          .flatMap((fact) => (fact.kind === 'paid' ? fact.lines : []))
          .filter((line) => line.ticketType === type)
          .reduce((sum, line) => sum + line.quantity, 0)
        const own = entries.filter((entry) => entry.dimensions.ticket_type === type)
        expect(totalOf(own, 'tickets_cancelled')).toBeLessThanOrEqual(sold)
      }
    }),
  )
})

test('the parts of a cancelled line sum to the line, each rounded to within half a unit', () => {
  const line = fc.record({
    ticketType: fc.constant('stalls'),
    quantity: fc.integer({ min: 1, max: 40 }),
    value: fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
  })
  fc.assert(
    fc.property(line, (sold) => {
      const sale: OrderEvent = {
        ...{ kind: 'paid', orderId: 'o-1', eventId: 'sale', occurredAt: 0, dimensions: nowhere },
        lines: [sold],
      }
      const ends = Array.from({ length: sold.quantity }, (_, i): OrderEvent => {
        const items = [{ ticketType: 'stalls', quantity: 1 }]
        const common = { orderId: 'o-1', occurredAt: 1 + i, dimensions: nowhere, items }
        return { kind: 'cancelled', eventId: `end-${i}`, ...common }
      })
      const parts = bookOrder([sale, ...ends]).flatMap((e) => e.amounts.cancelled_value ?? [])
      expect(parts).toHaveLength(sold.quantity)
      expect(parts.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(sold.value))
      let running = 0n
      parts.forEach((part, i) => {
        running += BigInt(part)
        const twice = 2n * BigInt(sold.quantity)
        const off = twice * running - 2n * BigInt(sold.value) * BigInt(i + 1)
        expect(off > -BigInt(sold.quantity) && off <= BigInt(sold.quantity)).toBe(true)
      })
    }),
  )
})

test('the tickets that were paid first are cancelled first', () => {
  const sale = (eventId: string, occurredAt: number, value: number): OrderEvent => ({
    ...{ kind: 'paid', orderId: 'o-1', eventId, occurredAt, dimensions: nowhere },
    lines: [{ ticketType: 'stalls', quantity: 2, value }],
  })
  const items = [{ ticketType: 'stalls', quantity: 3 }]
  const told = { orderId: 'o-1', eventId: 'end', occurredAt: 0, dimensions: nowhere, items }
  const entries = bookOrder([sale('c', 2, 10), { kind: 'cancelled', ...told }, sale('b', 2, 2000)])
  expect(entries.flatMap((e) => e.amounts.cancelled_value ?? [])).toEqual([2000, 5])
  const later = bookOrder([sale('a', 9, 10), { kind: 'cancelled', ...told }, sale('b', 2, 2000)])
  expect(later.flatMap((e) => e.amounts.cancelled_value ?? [])).toEqual([2000, 5])
})

const entry = fc.record({
  showKey: fc.constantFrom('', 'e1'),
  ticketId: fc.constantFrom('t1', 't2'),
  occurredAt: instant,
  quantity: fc.integer({ min: 0, max: 4 }),
  dimensions: fc.constantFrom('north', 'south').map((gate) => placed({ gate })),
})
const entered = fc
  .array(entry, { maxLength: 8 })
  .map((list): TicketEntry[] => list.map((one, i) => ({ ...one, eventId: `e-${i}` })))
  .chain((list) => fc.tuple(fc.constant(list), arrivals(list)))

test('admissions of tickets are those of their first entries, whatever arrived when', () => {
  fc.assert(
    fc.property(entered, ([list, batches]) => {
      const known = new Map<string, TicketEntry>()
      const entries: Entry[] = []
      for (const batch of batches) {
        const asked = new Set(batch.map(ticketKey))
        const answer = admit(
          stored([...known.values()].filter((e) => asked.has(ticketKey(e)))),
          batch,
        )
        entries.push(...difference(answer.before, answer.entries))
        for (const first of answer.firsts) known.set(ticketKey(first), first)
      }
      const firsts = [...Map.groupBy(list, ticketKey).values()].map((own) =>
        own.reduce((a, b) => {
          const isEarlier = a.occurredAt < b.occurredAt
          return isEarlier || (a.occurredAt === b.occurredAt && a.eventId < b.eventId) ? a : b
        }),
      )
      expect(sumOf(entries)).toEqual(sumOf(admit([], firsts).entries))
      const expected = firsts.reduce((sum, first) => sum + first.quantity, 0)
      expect(totalOf(entries, 'admissions')).toBe(expected)
    }),
    { numRuns: 1000 },
  )
})

test('a difference leads from what was to what is, and says nothing of what stays', () => {
  fc.assert(
    fc.property(history, history, (before, after) => {
      const [was, is] = [bookOrder(before), bookOrder(after)]
      expect(sumOf([...was, ...difference(was, is)])).toEqual(sumOf(is))
      expect(difference(is, is)).toEqual([])
    }),
  )
})

// As jsonb gives it back: the same values, the keys in another order.
function stored<T>(facts: T[]): T[] {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)),
        )
      : value
  return JSON.parse(JSON.stringify(facts, sorted))
}

function sumOf(entries: Entry[]) {
  const sums: Record<string, number> = {}
  for (const { occurredAt, eventId, dimensions, amounts } of entries) {
    const told = Object.entries(dimensions).sort()
    for (const [measure, amount] of Object.entries(amounts)) {
      const key = JSON.stringify([measure, occurredAt, eventId, told])
      sums[key] = (sums[key] ?? 0) + amount
    }
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0))
}

const totalOf = (entries: Entry[], measure: keyof Entry['amounts']): number =>
  entries.reduce((sum, { amounts }) => sum + (amounts[measure] ?? 0), 0)
