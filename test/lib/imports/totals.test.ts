import { slug } from '../../../lib/imports/values.ts'
import {
  cents,
  expectWhole,
  gross,
  inCents,
  type Loose,
  mapFile,
  month,
  numbers,
  ofType,
  type Pairs,
  pick,
  refund,
  sum,
  sumBy,
  tickets,
  totalsOf,
  whereData,
  year,
} from './data-files.ts'

whereData(
  'Broadway: gross and attendance in all, by theatre and by year',
  async () => {
    const totals = totalsOf('broadway_corgis_1990_2004.csv')
    const file = await mapFile('broadway-corgis', 'broadway_corgis_1990_2004.csv.gz')
    expectWhole(file, totals)
    const orders = ofType(file.events, 'order.paid')
    expect(sum(orders, gross)).toBe(cents(String(totals.gross)))
    expect(sum(orders, tickets)).toBe(totals.attendance)
    expect(sumBy(orders, year, gross)).toEqual(inCents(totals.gross_by_year))
    expect(sumBy(orders, year, tickets)).toEqual(totals.attendance_by_year)
    expect(orders.every(({ occurred_at }) => /T12:00:00-0[45]:00$/.test(occurred_at))).toBe(true)
    const byVenue = sumBy(orders, ({ venue_id }) => venue_id, gross)
    // No two theatres, and no two shows, have the same slug.
    expect(Object.keys(byVenue)).toHaveLength(totals.theatres)
    expect(new Set(orders.map(({ event_ref }) => event_ref.event_id)).size).toBe(totals.shows)
    expect(pick(byVenue, totals.top_theatres_gross)).toEqual(
      numbers(totals.top_theatres_gross, 100),
    )
    const seats = sumBy(orders, ({ venue_id }) => venue_id, tickets)
    expect(pick(seats, totals.top_theatres_attendance)).toEqual(
      numbers(totals.top_theatres_attendance),
    )
    expect(file.rounding).toEqual([])
  },
  60_000,
)

whereData(
  'Art Theater: tickets and gross by local month, ticket type, show and showing',
  async () => {
    const totals = totalsOf('arttheater_ticket_sales_2016_2017.csv')
    const file = await mapFile('arttheater', 'arttheater_ticket_sales_2016_2017.csv.gz')
    expectWhole(file, totals)
    const orders = ofType(file.events, 'order.paid')
    expect(sum(orders, gross)).toBe(cents(totals.revenue))
    expect(sum(orders, tickets)).toBe(totals.tickets)
    const months: [string, [string, number]][] = Object.entries(totals.by_month)
    const expected = (index: 0 | 1) =>
      Object.fromEntries(months.map(([key, sums]) => [key, index === 0 ? cents(sums[0]) : sums[1]]))
    expect(sumBy(orders, month, gross)).toEqual(expected(0))
    expect(sumBy(orders, month, tickets)).toEqual(expected(1))
    const types: Pairs = Object.entries(totals.under_the_map.by_ticket_type_minor)
    const byType = sumBy(orders, ({ data }) => data.items[0].ticket_type_id, gross)
    expect(pick(byType, types)).toEqual(totals.under_the_map.by_ticket_type_minor)
    expect(Object.keys(byType)).toHaveLength(types.length)
    const byShow = sumBy(orders, ({ event_ref }) => event_ref.event_id, gross)
    expect(Object.keys(byShow)).toHaveLength(totals.under_the_map.shows)
    const shows = totals.under_the_map.top_shows_minor
    expect(pick(byShow, Object.entries(shows))).toEqual(shows)
    const showings = orders.map(({ event_ref }) => `${event_ref.event_id} ${event_ref.session_id}`)
    expect(new Set(showings).size).toBe(totals.showings)
    expect(new Set(orders.map(({ event_ref }) => event_ref.session_id.slice(0, 10))).size).toBe(
      totals.local_days,
    )
    // The instants, too, are those of the zone: the months of UTC are the publisher's wrong answer.
    const utc = ({ occurred_at }: Loose) => new Date(occurred_at).toISOString()
    expect(sumBy(orders, (event) => utc(event).slice(0, 7), gross)).toEqual(
      inCents(totals.by_month_if_wrongly_UTC),
    )
    expect(new Set(orders.map((event) => utc(event).slice(0, 10))).size).toBe(totals.utc_days)
    const comps = orders.filter(({ data }) => data.items[0].is_comp)
    expect(sum(comps, tickets)).toBe(totals.comp_tickets_zero_price)
  },
  60_000,
)

whereData('gift cards: sold, given back, and what is neither', async () => {
  const totals = totalsOf('arttheater_gift_cards_2016_2017.csv')
  const file = await mapFile('arttheater-gift-cards', 'arttheater_gift_cards_2016_2017.csv')
  expectWhole(file, totals)
  const sold = sum(ofType(file.events, 'order.paid'), gross)
  const back = sum(ofType(file.events, 'refund.completed'), refund)
  const sales = ofType(file.events, 'order.paid')
  expect(sales.every(({ occurred_at }) => /T12:00:00-0[56]:00$/.test(occurred_at))).toBe(true)
  expect(sold).toBe(totals.under_the_map.gross_revenue)
  expect(back).toBe(totals.under_the_map.refunds)
  expect(ofType(file.events, 'order.paid')).toHaveLength(totals.cards)
  expect(file.skipped).toBe(totals.by_activity.Payment[0] + totals.by_activity.Refund[0])
})

whereData(
  'online retail: orders, buyers and money by local month and country',
  async () => {
    const totals = totalsOf('onlineretail_2010-12_2011-05.csv')
    const expected = totals.under_the_map
    const file = await mapFile('onlineretail', 'onlineretail_2010-12_2011-05.csv.gz')
    expectWhole(file, totals)
    const orders = ofType(file.events, 'order.paid')
    const refunds = ofType(file.events, 'refund.completed')
    expect(sum(orders, gross)).toBe(expected.gross_revenue)
    expect(sum(refunds, refund)).toBe(expected.refunds)
    expect(new Set(orders.map(({ occurred_at }) => occurred_at.slice(19)))).toEqual(
      new Set(['+00:00', '+01:00']),
    )
    const firsts = [
      ...new Map(orders.toReversed().map((event) => [event.data.order_id, event])).values(),
    ]
    expect(firsts).toHaveLength(expected.orders)
    expect(refunds).toHaveLength(totals.cancel_invoices)
    const buyers = orders.flatMap(({ actor }) => actor?.customer_id ?? [])
    expect(new Set(buyers).size).toBe(expected.unique_buyers)
    const one = () => 1
    const measured = {
      gross_revenue: sumBy(orders, month, gross),
      refunds: sumBy(refunds, month, refund),
      orders: sumBy(firsts, month, one),
    }
    for (const [key, want] of Object.entries<Loose>(expected.by_month)) {
      const found = Object.entries(measured).map(([name, sums]) => [name, sums[key]])
      expect([key, Object.fromEntries(found)]).toEqual([key, want])
    }
    const venue = (event: Loose) => event.venue_id
    const byVenue = {
      gross_revenue: sumBy(orders, venue, gross),
      refunds: sumBy(refunds, venue, refund),
      orders: sumBy(firsts, venue, one),
    }
    for (const [country, want] of Object.entries<Loose>(expected.by_country_top10)) {
      const found = Object.entries(byVenue).map(([name, sums]) => [name, sums[slug(country)]])
      expect([country, Object.fromEntries(found)]).toEqual([country, want])
    }
    expect(file.skipped).toBe(totals.negative_qty_not_cancel)
    // Gross as the publisher has it, 4,064,726.591, less what we count.
    expect(file.rounding).toEqual([{ currency: 'GBP', amounts: 1, moved: '-0.001' }])
  },
  120_000,
)

whereData(
  'baseball: attendance by year and park',
  async () => {
    const totals = totalsOf('mlb_attendance_1990_2009.csv')
    const file = await mapFile('mlb', 'mlb_attendance_1990_2009.csv.gz')
    expectWhole(file, totals)
    const scans = ofType(file.events, 'ticket.scanned')
    const quantity = (event: Loose) => event.data.quantity
    expect(sum(scans, quantity)).toBe(totals.attendance)
    expect(sumBy(scans, year, quantity)).toEqual(totals.attendance_by_year)
    expect(sumBy(scans, year, () => 1)).toEqual(totals.games_by_year)
    const byPark = sumBy(scans, ({ venue_id }) => venue_id, quantity)
    expect(Object.keys(byPark)).toHaveLength(totals.parks)
    expect(pick(byPark, totals.top_parks)).toEqual(numbers(totals.top_parks))
    expect(scans.every(({ occurred_at }) => /T19:00:00-0[45]:00$/.test(occurred_at))).toBe(true)
  },
  120_000,
)

whereData('hotel: value by outcome and by month of arrival', async () => {
  const totals = totalsOf('hotel_reservations_arrival_2017.csv')
  const file = await mapFile('hotel', 'hotel_reservations_arrival_2017.csv.gz')
  expectWhole(file, totals)
  const values = new Map(
    ofType(file.events, 'order.paid').map((event) => [event.data.order_id, gross(event)]),
  )
  const cancelled = ofType(file.events, 'order.cancelled')
  const arrived = ofType(file.events, 'ticket.scanned')
  const value = ({ data }: Loose) => values.get(data.order_id ?? data.ticket_id) ?? 0
  const { Canceled, Not_Canceled } = totals.status
  expect([values.size, cancelled.length, arrived.length]).toEqual([
    totals.rows,
    Canceled,
    Not_Canceled,
  ])
  expect(sum(cancelled, value)).toBe(cents(totals.value_by_status.Canceled))
  expect(sum(arrived, value)).toBe(cents(totals.value_by_status.Not_Canceled))
  const months: [string, [number, number, string]][] = Object.entries(totals.by_month)
  const byMonth = (index: 0 | 1 | 2) =>
    Object.fromEntries(
      months.map(([key, sums]) => [key, index === 2 ? cents(sums[2]) : Number(sums[index])]),
    )
  expect(sumBy([...cancelled, ...arrived], month, () => 1)).toEqual(byMonth(0))
  expect(sumBy(cancelled, month, () => 1)).toEqual(byMonth(1))
  expect(sumBy([...cancelled, ...arrived], month, value)).toEqual(byMonth(2))
  expect(
    sumBy(
      arrived.concat(cancelled),
      ({ venue_id }) => venue_id,
      () => 1,
    ),
  ).toEqual(
    Object.fromEntries(Object.entries(totals.segments).map(([name, count]) => [slug(name), count])),
  )
})

whereData('web log: views by hour, visitors, searches', async () => {
  const totals = totalsOf('weblog_semicomplete_2015_0517_0518.csv')
  const file = await mapFile('weblog', 'weblog_semicomplete_2015_0517_0518.csv.gz')
  expectWhole(file, totals)
  const views = ofType(file.events, 'page.viewed')
  expect(views.length + file.skipped).toBe(totals.rows)
  expect(file.skipped).toBe(18)
  const hours = sumBy(
    views,
    ({ occurred_at }) => occurred_at.slice(0, 13),
    () => 1,
  )
  expect(Object.keys(hours).sort()).toEqual(Object.keys(totals.hours))
  for (const [hour, count] of Object.entries(hours)) {
    expect(count).toBeLessThanOrEqual(totals.hours[hour])
  }
  expect(ofType(file.events, 'search.performed')).toHaveLength(totals.search_referrer_queries)
})
