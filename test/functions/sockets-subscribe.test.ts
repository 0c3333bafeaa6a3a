import { paid, unique } from '../support/events.ts'
import { ask, closeStores, deliver } from '../support/service.ts'
import { type Sockets, startSockets } from '../support/sockets.ts'

let sockets: Sockets
const now = () => ({ occurred_at: new Date().toISOString() })

beforeAll(async () => {
  sockets = await startSockets()
})
afterAll(async () => {
  sockets.stop()
  await closeStores()
})

test('who subscribes is told the state, and then each change with the number of the API', async () => {
  const venue = unique('v')
  const socket = await sockets.open({ [venue]: 'viewer' })
  const channel = `venue:${venue}:metric:orders`
  await socket.say({ action: 'subscribe', channel, id: 's-1' })
  expect(socket.frames).toMatchObject([
    {
      v: 1,
      type: 'subscribed',
      channel,
      seq: 1,
      id: 's-1',
      data: { metric: 'orders', current: 0 },
    },
  ])
  await sockets.drain()
  expect(socket.frames).toHaveLength(1)
  await deliver(paid(venue, now()), paid(venue, now()))
  await sockets.drain()
  expect(socket.frames).toMatchObject([
    {},
    { type: 'update', channel, seq: 2, data: { current: 2 } },
  ])
  const { data, asOf } = socket.frames[1] as { data: unknown; asOf: string }
  const { window } = data as { window: { from: string; to: string } }
  const { total } = await ask(venue, 'orders', { ...window, granularity: 'none', asOf })
  expect(total).toBe(2)
})
