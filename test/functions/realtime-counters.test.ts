import { event, paid, unique } from '../support/events.ts'
import { asked, counter, gauge, live, resetCounter } from '../support/realtime.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const hour = 3_600_000
const ago = (ms = 0) => ({ occurred_at: new Date(Date.now() - ms).toISOString() })
const recorded = (venue: string, name: string, value: number, told = {}) =>
  event(venue, 'metric.recorded', { ...ago(), ...told, data: { name, value } })
const scan = (venue: string, told: object = {}, data: object = {}) =>
  event(venue, 'ticket.scanned', {
    ...ago(),
    ...told,
    data: { scan_id: unique('s'), result: 'ok', ...data },
  })
const value = async (venue: string, name: string) => (await counter(venue, name)).body.value

test('a counter counts the running day, and from a reset on only what comes after', async () => {
  const venue = unique('v')
  await deliver(paid(venue, ago()), paid(venue, ago(49 * hour)))
  const first = await counter(venue, 'tickets_sold')
  expect(first.body).toMatchObject({ value: 2, unit: 'count', currency: null, resetAt: null })
  const reset = await resetCounter(venue, 'tickets_sold')
  expect([reset.status, reset.body]).toMatchObject([200, { name: 'tickets_sold', value: 0 }])
  expect((await counter(venue, 'tickets_sold')).body).toMatchObject({
    value: 0,
    resetAt: reset.body.resetAt,
  })
  await deliver(paid(venue, ago(), { quantity: 3 }), paid(venue, ago(49 * hour)))
  expect(await value(venue, 'tickets_sold')).toBe(3)
  // Neither another counter nor the metric itself is touched.
  expect(await value(venue, 'orders')).toBe(2)
  const { body } = await live(venue)
  const [kpi] = body.items.filter(({ metric }: { metric: string }) => metric === 'tickets_sold')
  expect([kpi.current, (await asked(venue, kpi, body.asOf)).current]).toEqual([5, 5])
})

test('a counter of another venue goes on counting', async () => {
  const [own, other] = [unique('v'), unique('v')]
  await deliver(paid(own, ago()), paid(other, ago()))
  await resetCounter(own, 'orders')
  expect([await value(own, 'orders'), await value(other, 'orders')]).toEqual([0, 1])
})

test('what is taken back after a reset counts as less than nothing', async () => {
  const venue = unique('v')
  await deliver(scan(venue, {}, { direction: 'entry', quantity: 4 }))
  await resetCounter(venue, 'inside_now')
  await deliver(scan(venue, {}, { direction: 'exit', quantity: 3 }))
  expect(await value(venue, 'inside_now')).toBe(-3)
})

test('a duplicate after a reset counts nothing', async () => {
  const venue = unique('v')
  const order = paid(venue, ago())
  await deliver(order)
  await resetCounter(venue, 'orders')
  await deliver(order, order)
  expect(await value(venue, 'orders')).toBe(0)
})

test('resets and batches at once: every event is on one side of the last reset', async () => {
  const venue = unique('v')
  const name = 'tickets_sold'
  await deliver(paid(venue, ago(), { quantity: 1 }))
  const answers: { asOf: string; value: number }[] = []
  const sell = async () => {
    for (let i = 0; i < 8; i += 1) await deliver(paid(venue, ago(), { quantity: 1 }))
  }
  const reset = async () => {
    for (let i = 0; i < 4; i += 1) {
      const { status, body } = await resetCounter(venue, name)
      expect([status, body.value]).toEqual([200, 0])
      answers.push(body)
    }
  }
  await Promise.all([sell(), reset(), sell(), reset()])
  const last =
    answers
      .map(({ asOf }) => asOf)
      .sort()
      .at(-1) ?? ''
  const { body } = await counter(venue, name)
  expect(body.resetAt <= last).toBe(true)
  const { from, to } = body
  const whole = { from, to }
  const window = { metric: name, currency: null, window: whole, previousWindow: whole } as never
  const [now, then] = [await asked(venue, window, body.asOf), await asked(venue, window, last)]
  expect(now.current).toBe(17)
  expect(body.value).toBe(17 - Number(then.current))
})

test('a metric of the venue’s own counts how often it was recorded', async () => {
  const venue = unique('v')
  await deliver(recorded(venue, 'bar_sales', 12.5), recorded(venue, 'bar_sales', 7))
  await deliver(recorded(venue, 'bar_sales', 1, ago(49 * hour)))
  await deliver(recorded(venue, 'bar_sales', 1, { test_mode: true }))
  expect((await counter(venue, 'bar_sales')).body).toMatchObject({ value: 2, unit: 'count' })
  await resetCounter(venue, 'bar_sales')
  await deliver(recorded(venue, 'bar_sales', 3))
  expect(await value(venue, 'bar_sales')).toBe(1)
})

test('money is counted in one currency', async () => {
  const venue = unique('v')
  await deliver(paid(venue, ago()))
  expect((await counter(venue, 'gross_revenue')).body).toMatchObject({
    value: 9100,
    currency: 'USD',
    unit: 'minor',
  })
  await deliver(paid(venue, { ...ago(), data: { currency: 'EUR' } }))
  const mixed = await counter(venue, 'gross_revenue')
  expect([mixed.status, mixed.body.issues[0].path]).toEqual([422, 'currency'])
  await resetCounter(venue, 'gross_revenue')
  await deliver(paid(venue, { ...ago(), data: { currency: 'EUR' } }, { quantity: 1 }))
  const euros = await counter(venue, 'gross_revenue', { currency: 'EUR' })
  expect(euros.body).toMatchObject({ value: 4550, currency: 'EUR' })
})

test('what cannot be counted is refused, what nobody knows is not found', async () => {
  const venue = unique('v')
  for (const name of ['unique_buyers', 'average_order_value']) {
    expect([(await counter(venue, name)).status, (await resetCounter(venue, name)).status]).toEqual(
      [422, 422],
    )
  }
  for (const name of ['nothing', '__proto__', "x' or 1=1"]) {
    expect([(await counter(venue, name)).status, (await resetCounter(venue, name)).status]).toEqual(
      [404, 404],
    )
  }
})

test('a reset that is sent again under its key happens once', async () => {
  const venue = unique('v')
  await deliver(paid(venue, ago()))
  const key = { 'idempotency-key': unique('k') }
  const first = await resetCounter(venue, 'orders', key)
  await deliver(paid(venue, ago()))
  const again = await resetCounter(venue, 'orders', key)
  expect([again.body, again.headers['idempotent-replayed']]).toEqual([first.body, 'true'])
  expect(await value(venue, 'orders')).toBe(1)
})

const show = (venue: string, id: string, startsAt: number, told: object = {}) =>
  event(venue, 'event.updated', {
    event_ref: { event_id: id },
    data: {
      name: id,
      starts_at: new Date(startsAt).toISOString(),
      timezone: 'UTC',
      status: 'on_sale',
      ...told,
    },
  })
const of = (id: string) => ({ ...ago(), event_ref: { event_id: id } })

test('inside stands against the capacity of the day’s shows', async () => {
  const venue = unique('v')
  await deliver(
    show(venue, 'today', Date.now(), { capacity: 300 }),
    show(venue, 'run', Date.now() - 90 * 24 * hour, { capacity: 100 }),
    show(venue, 'next', Date.now() + 9 * 24 * hour, { capacity: 900 }),
    scan(venue, of('today'), { quantity: 80 }),
    scan(venue, of('run'), { quantity: 30 }),
    scan(venue, of('run'), { quantity: 10, direction: 'exit' }),
  )
  const { body } = await gauge(venue, 'inside')
  expect(body).toMatchObject({ name: 'inside', current: 100, max: 400, percentage: 25 })
  await deliver(scan(venue, of('unheard-of'), { quantity: 1 }))
  const unknown = await gauge(venue, 'inside')
  expect(unknown.body).toMatchObject({ current: 101, max: null, percentage: null })
})

test('sold stands against the capacity of the shows that are not over', async () => {
  const venue = unique('v')
  const over = { capacity: 500, ends_at: new Date(Date.now() - hour).toISOString() }
  await deliver(
    show(venue, 'next', Date.now() + 9 * 24 * hour, { capacity: 16 }),
    show(venue, 'over', Date.now() - 3 * hour, over),
    show(venue, 'off', Date.now() + 9 * 24 * hour, { capacity: 50, status: 'cancelled' }),
    paid(venue, { ...of('next'), ...ago(400 * 24 * hour) }, { quantity: 5 }),
    paid(venue, of('next'), { quantity: 3 }),
    paid(venue, of('over'), { quantity: 4 }),
    paid(venue, of('off'), { quantity: 4 }),
  )
  const { body } = await gauge(venue, 'sold')
  expect(body).toMatchObject({ name: 'sold', current: 8, max: 16, percentage: 50 })
  await deliver(show(venue, 'more', Date.now() + 9 * 24 * hour))
  expect((await gauge(venue, 'sold')).body).toMatchObject({ max: null, percentage: null })
})

test('a gauge of a metric of one’s own is its latest value and the highest of that day', async () => {
  const venue = unique('v')
  await deliver(
    recorded(venue, 'queue', 40, ago(60_000)),
    recorded(venue, 'queue', 10),
    recorded(venue, 'queue', 900, ago(72 * hour)),
  )
  const { body } = await gauge(venue, 'queue')
  expect(body).toMatchObject({ current: 10, percentage: (10 / body.max) * 100 })
  // A minute ago may have been yesterday.
  expect([10, 40]).toContain(body.max)
})

test.each([0, -3])('of a most of %d there is no percentage', async (most) => {
  const venue = unique('v')
  await deliver(recorded(venue, 'level', most))
  expect((await gauge(venue, 'level')).body).toMatchObject({ max: most, percentage: null })
})

test('a venue without shows has gauges of nothing, and none that nobody recorded', async () => {
  const venue = unique('v')
  for (const name of ['inside', 'sold']) {
    expect((await gauge(venue, name)).body).toMatchObject({ current: 0, percentage: null })
  }
  for (const name of ['orders', 'nothing', '__proto__']) {
    expect((await gauge(venue, name)).status).toBe(404)
  }
})
