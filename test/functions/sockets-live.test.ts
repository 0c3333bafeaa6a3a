import { paid, unique } from '../support/events.ts'
import { type Live, listen, startLive, until } from '../support/live.ts'
import { ask, closeStores } from '../support/service.ts'

jest.setTimeout(90_000)

let live: Live
const now = () => ({ occurred_at: new Date().toISOString() })

beforeAll(async () => {
  live = await startLive()
})
afterAll(async () => {
  await live.stop()
  await closeStores()
})

test('what is counted reaches who listens, with the number of the API at the same asOf', async () => {
  const venue = unique('v')
  const socket = live.open(await live.tokenFor(venue, 'viewer'))
  const orders = listen(socket, `venue:${venue}:metric:orders`)
  await until('subscribed', () => orders.told.length > 0)
  expect(orders.told[0]?.data).toMatchObject({ metric: 'orders', current: 0 })
  await live.send([paid(venue, now()), paid(venue, now())])
  const current = (one: { data: unknown } | undefined) =>
    (one?.data as { current: number })?.current
  await until('told', () => current(orders.told.at(-1)) === 2)
  const last = orders.told.at(-1)
  const { window } = (last as { data: unknown }).data as { window: { from: string; to: string } }
  const answer = await ask(venue, 'orders', {
    ...window,
    granularity: 'none',
    asOf: last?.asOf ?? '',
  })
  expect(answer.total).toBe(2)
  socket.close()
})
