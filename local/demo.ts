export type DemoEvent = {
  event_id: string
  type: string
  version: number
  venue_id: string
  occurred_at: string
  source: string
  event_ref?: { event_id: string }
  actor?: Record<string, string>
  context?: { channel: string }
  data: Record<string, unknown>
}
/** What the metrics must say once all of it is counted. */
export type DemoTotals = Record<'orders' | 'tickets_sold' | 'scans_accepted' | 'page_views', number>

export const demoVenue = 'demo'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const orderCount = 360
const shows = [
  { id: 'aurora', name: 'Aurora Strings', days: -7, capacity: 320 },
  { id: 'borealis', name: 'Borealis Improv Night', days: 9, capacity: 180 },
  { id: 'cabaret', name: 'Cabaret on Ninth', days: 27, capacity: 450 },
] as const
const ticketTypes = [
  { id: 'stalls', name: 'Stalls', price: 6500 },
  { id: 'balcony', name: 'Balcony', price: 4200 },
  { id: 'student', name: 'Student', price: 2400 },
] as const
const channels = [
  'online',
  'online',
  'online',
  'box_office',
  'box_office',
  'phone',
  'partner',
] as const

type Order = {
  id: string
  at: number
  show: string
  quantity: number
  amount: number
  type: string
}

/**
 * A small season that ends at `anchor`: the same instant gives the same events with the same ids,
 * so feeding it twice changes no number.
 */
export function makeDemo(anchor: Date): { events: DemoEvent[]; totals: DemoTotals } {
  const random = randomFrom(20_260_701)
  const mark = anchor.toISOString().replace(/\D/g, '').slice(0, 14)
  const event = (id: string, type: string, at: number, rest: Partial<DemoEvent>): DemoEvent => ({
    event_id: `demo-${mark}-${id}`,
    type,
    version: 1,
    venue_id: demoVenue,
    occurred_at: new Date(at).toISOString(),
    source: 'web',
    data: {},
    ...rest,
  })
  const orders = makeOrders(anchor.getTime(), random)
  const events = [
    ...describeVenue(anchor.getTime(), event),
    ...orders.map((order, i) => paid(order, i, random, event)),
    ...orders.flatMap((order, i) => undone(order, i, anchor.getTime(), event)),
    ...scans(orders, anchor.getTime(), event),
    ...views(anchor.getTime(), random, event),
  ]
  return { events, totals: totalsOf(events) }
}

type Make = (id: string, type: string, at: number, rest: Partial<DemoEvent>) => DemoEvent

function describeVenue(now: number, event: Make) {
  const since = now - 60 * dayMs
  const data = { name: 'The Demo Theatre', timezone: 'America/New_York', currency: 'USD' }
  return [
    event('venue', 'venue.updated', since, { data }),
    ...shows.map(({ id, name, capacity }) =>
      event(`show-${id}`, 'event.updated', since, {
        event_ref: { event_id: id },
        data: {
          name,
          starts_at: new Date(startOf(id, now)).toISOString(),
          timezone: 'America/New_York',
          capacity,
          status: 'on_sale',
        },
      }),
    ),
  ]
}

function startOf(show: string, now: number) {
  const days = shows.find(({ id }) => id === show)?.days ?? 0
  return Math.floor(now / dayMs + days) * dayMs
}

function makeOrders(now: number, random: () => number): Order[] {
  return Array.from({ length: orderCount }, (_, i) => {
    // The square draws them towards today.
    const at = now - 10 * minuteMs - Math.floor(random() ** 2 * 30 * dayMs)
    const open = shows.filter(({ id }) => startOf(id, now) > at)
    const type = pick(ticketTypes, random)
    const quantity = 1 + Math.floor(random() * 4)
    const show = pick(open, random).id
    return {
      id: `order-${i + 1}`,
      at,
      show,
      quantity,
      amount: type.price * quantity,
      type: type.id,
    }
  })
}

function paid(order: Order, i: number, random: () => number, event: Make) {
  const type = ticketTypes.find(({ id }) => id === order.type) ?? ticketTypes[0]
  const isComp = i % 29 === 0
  const isPromoted = !isComp && i % 11 === 0
  const channel = pick(channels, random)
  return event(`${order.id}-paid`, 'order.paid', order.at, {
    source: channel === 'box_office' ? 'box_office' : 'checkout',
    event_ref: { event_id: order.show },
    context: { channel },
    actor: { customer_id: `customer-${Math.floor(random() * 200)}` },
    data: {
      order_id: order.id,
      currency: 'USD',
      items: [
        {
          ticket_type_id: type.id,
          ticket_type_name: type.name,
          quantity: order.quantity,
          unit_price_minor: isComp ? 0 : type.price,
          is_comp: isComp,
          ...(isPromoted && { discount_minor: Math.round(order.amount / 10) }),
          ...(!isComp && { fees_minor: 250 * order.quantity }),
        },
      ],
      ...(isPromoted && { promo_code: 'SUMMER10' }),
      payment_method: isComp ? 'none' : 'card',
    },
  })
}

function undone(order: Order, i: number, now: number, event: Make) {
  // Comps cost nothing, so nothing is given back for them.
  if (i % 29 === 0 || i % 19 !== 3) return []
  const at = Math.min(order.at + 2 * dayMs, now - 5 * minuteMs)
  const { id, show, quantity, amount, type } = order
  const items = [{ ticket_type_id: type, quantity }]
  const shared = { source: 'box_office', event_ref: { event_id: show } }
  const refund = event(`${id}-refund`, 'refund.completed', at, {
    ...shared,
    data: {
      refund_id: `refund-${id}`,
      order_id: id,
      currency: 'USD',
      amount_minor: i % 11 === 0 ? amount - Math.round(amount / 10) : amount,
      reason: 'customer',
    },
  })
  if (i % 2 === 0) return [refund]
  const data = { order_id: id, items, reason: 'customer' }
  return [event(`${id}-cancelled`, 'order.cancelled', at, { ...shared, data }), refund]
}

function scans(orders: Order[], now: number, event: Make) {
  const doors = startOf('aurora', now) - 45 * minuteMs
  return orders
    .filter(({ show }) => show === 'aurora')
    .flatMap(({ id, quantity }, i) =>
      Array.from({ length: quantity }, (_, n) =>
        event(`${id}-scan-${n}`, 'ticket.scanned', doors + i * 20_000 + n * 4000, {
          source: 'scanner',
          event_ref: { event_id: 'aurora' },
          actor: { device_id: `scanner-${i % 2}` },
          data: {
            scan_id: `scan-${id}-${n}`,
            ticket_id: `${id}-${n}`,
            gate_id: i % 3 === 0 ? 'balcony' : 'main',
            ...(i % 23 === 7 ? { result: 'error', reason: 'already_redeemed' } : { result: 'ok' }),
          },
        }),
      ),
    )
}

function views(now: number, random: () => number, event: Make) {
  return Array.from({ length: 400 }, (_, i) => {
    const at = now - 6 * minuteMs - Math.floor(random() * 7 * dayMs)
    const { id, name } = pick(shows, random)
    return event(`view-${i + 1}`, 'page.viewed', at, {
      event_ref: { event_id: id },
      actor: { anonymous_id: `visitor-${Math.floor(random() * 150)}` },
      data: { page_id: id, url_path: `/shows/${id}`, page_type: 'event', title: name },
    })
  })
}

function totalsOf(events: DemoEvent[]): DemoTotals {
  const ofType = (type: string) => events.filter((event) => event.type === type)
  const quantities = ofType('order.paid').flatMap(({ data }) =>
    (data.items as { quantity: number }[]).map(({ quantity }) => quantity),
  )
  return {
    orders: quantities.length,
    tickets_sold: quantities.reduce((sum, quantity) => sum + quantity, 0),
    scans_accepted: ofType('ticket.scanned').filter(({ data }) => data.result === 'ok').length,
    page_views: ofType('page.viewed').length,
  }
}

function pick<T>(list: readonly T[], random: () => number) {
  return list[Math.floor(random() * list.length)] as T
}

// Mulberry32: small, and the same on every machine.
function randomFrom(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
