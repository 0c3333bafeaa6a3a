import { withTenant } from '../../lib/clients/postgres.ts'
import { paid, unique } from '../support/events.ts'
import { type Live, listen, rawSocket, startLive, until } from '../support/live.ts'
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

const current = (one: { data: unknown } | undefined) =>
  (one?.data as { current?: number } | undefined)?.current

test('what is counted reaches who listens, with the number of the API at the same asOf', async () => {
  const venue = unique('v')
  const socket = live.open(await live.tokenFor(venue, 'viewer'))
  const orders = listen(socket, `venue:${venue}:metric:orders`)
  await until('subscribed', () => orders.told.length > 0)
  expect(orders.told[0]?.data).toMatchObject({ metric: 'orders', current: 0 })
  await live.send([paid(venue, now()), paid(venue, now())])
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

test('a socket that is cut off comes back by itself and is told what it missed', async () => {
  const venue = unique('v')
  const socket = live.open(await live.tokenFor(venue, 'viewer'))
  const orders = listen(socket, `venue:${venue}:metric:orders`)
  await until('subscribed', () => orders.told.length > 0)
  await withTenant(venue, async (tx) => {
    const [row] = await tx<{ id: string }[]>`
      select connection_id as id from subscriptions where venue_id = ${venue}`
    await fetch(`http://127.0.0.1:${live.ports.websocket}/@connections/${row?.id}`, {
      method: 'DELETE',
    })
  })
  await live.send(paid(venue, now()))
  await until('told', () => current(orders.told.at(-1)) === 1)
  expect(orders.told.map(({ seq }) => seq)).toEqual([1, 2])
  socket.close()
})

test('the gateway refuses who has no ticket, and lets in a token in the subprotocol', async () => {
  expect((await rawSocket(live.websocket)).isOpen).toBe(false)
  expect((await rawSocket(`${live.websocket}/?ticket=junk`)).isOpen).toBe(false)
  expect((await rawSocket(live.websocket, ['bearer', 'junk'])).isOpen).toBe(false)
  const token = await live.tokenFor(unique('v'), 'viewer')
  const socket = await rawSocket(live.websocket, ['bearer', token])
  expect(socket.isOpen).toBe(true)
  for (const said of [
    'junk',
    { action: '__proto__' },
    { action: 'nonsense' },
    { action: 'subscribe' },
  ]) {
    const before = socket.frames.length
    socket.send(said)
    await until('an error', () => socket.frames[before]?.type === 'error', 5)
  }
  socket.send({ v: 1, action: 'ping', id: 'p' })
  expect(await socket.frame(({ id }) => id === 'p')).toMatchObject({ type: 'pong' })
  socket.close()
})
