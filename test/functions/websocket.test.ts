import { handler as socketsHttp } from '../../functions/http/sockets.ts'
import { handler as tend } from '../../functions/schedule/tend-sockets.ts'
import { withJob, withoutTenant } from '../../lib/clients/postgres.ts'
import { unique } from '../support/events.ts'
import { logOf } from '../support/log.ts'
import { call, closeStores, context } from '../support/service.ts'
import { type Sockets, startSockets } from '../support/sockets.ts'
import { audience, issuer, type Key, makeKey, serveKeys, sign } from '../support/tokens.ts'

let sockets: Sockets
let keys: Awaited<ReturnType<typeof serveKeys>>
let key: Key
const venues = { 'v-1': 'viewer' as const }

beforeAll(async () => {
  keys = await serveKeys()
  key = await makeKey('key-1')
  keys.state.keys = [key.public]
  Object.assign(process.env, { JWKS_URL: keys.url, TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience })
  sockets = await startSockets()
})
afterAll(async () => {
  sockets.stop()
  keys.close()
  await closeStores()
})

const statusWith = async (told: Parameters<Sockets['openWith']>[0]) =>
  (await sockets.openWith(told)).statusCode
const age = (connectionId: string, column: string, ago: string) =>
  withoutTenant(
    (tx) => tx`update connections set ${tx(column)} = clock_timestamp() - ${ago}::text::interval
                where connection_id = ${connectionId}`,
  )
const isKnown = async (connectionId: string) =>
  (await withJob((tx) => tx`select from connections where connection_id = ${connectionId}`)).count >
  0

test('a ticket opens one socket, within a minute', async () => {
  const { status, body } = await sockets.ticketOf({ venues })
  expect(status).toBe(201)
  expect(body.url).toMatch(/^ws:\/\/127\.0\.0\.1:/)
  const lasts = Date.parse(body.expiresAt) - Date.now()
  expect([lasts > 50_000, lasts <= 61_000]).toEqual([true, true])
  expect(await statusWith({ ticket: body.ticket })).toBe(200)
  expect(await statusWith({ ticket: body.ticket })).toBe(401)
  const late = (await sockets.ticketOf({ venues })).body.ticket
  await withoutTenant((tx) => tx`update socket_tickets set expires_at = clock_timestamp()`)
  expect(await statusWith({ ticket: late })).toBe(401)
})

test('of ten that come with one ticket at once, one is let in', async () => {
  const { body } = await sockets.ticketOf({ venues })
  const all = await Promise.all(Array.from({ length: 10 }, () => statusWith(body)))
  expect(all.filter((status) => status === 200)).toHaveLength(1)
})

test('a token in the subprotocol opens, and the handshake names the protocol without it', async () => {
  const answer = await sockets.openWith({ protocol: `bearer, ${await sign(key)}` })
  expect(answer).toMatchObject({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'bearer' } })
})

test('no ticket, no token, a bad one or one of no venue is 401', async () => {
  const old = Math.floor(Date.now() / 1000) - 60
  const all = await Promise.all([
    statusWith({}),
    statusWith({ ticket: '' }),
    statusWith({ ticket: 'junk' }),
    statusWith({ protocol: 'bearer, junk' }),
    statusWith({ protocol: 'junk' }),
    statusWith({ protocol: `bearer, ${await sign(key, { claims: { exp: old } })}` }),
    statusWith({ protocol: `bearer, ${await sign(key, { claims: { venues: {} } })}` }),
    statusWith({ protocol: `bearer, ${await sign(key, { claims: { scope: 'ops' } })}` }),
  ])
  expect(new Set(all)).toEqual(new Set([401]))
})

test('a ticket is for who may see a venue', async () => {
  expect((await sockets.ticketOf({ venues: {} })).status).toBe(403)
  expect((await sockets.ticketOf({ isOps: true })).status).toBe(403)
  expect((await sockets.ticketOf({ ingestVenue: 'v-1' })).status).toBe(403)
})

test('neither tickets nor tokens are in the log, nor what was said', async () => {
  const token = await sign(key)
  const { body } = await sockets.ticketOf({ venues })
  const { text } = await logOf(async () => {
    const { connectionId } = await sockets.openWith({ ticket: body.ticket })
    await sockets.openWith({ protocol: `bearer, ${token}` })
    await sockets.openWith({ ticket: 'a-ticket-that-is-not-good' })
    await sockets.say(connectionId, { action: 'refresh_auth', ticket: 'another-bad-ticket' })
    await sockets.say(connectionId, { action: 'a-secret-action', channel: 'venue:v-9:summary' })
  })
  expect(text).toContain('"route":"$connect","status":401')
  for (const secret of [token, body.ticket, 'not-good', 'bad-ticket', 'a-secret', 'v-9']) {
    expect(text).not.toContain(secret)
  }
  const kept = await withJob(
    (tx) => tx<{ all: string }[]>`
    select coalesce(string_agg(t::text, ''), '') as all from socket_tickets t`,
  )
  expect(kept[0]?.all).not.toContain(body.ticket)
})

test('a person has twenty sockets, silent ones aside', async () => {
  const userId = unique('u')
  const open = async () => {
    const { body } = await sockets.ticketOf({ userId, venues })
    return sockets.openWith({ ticket: body.ticket })
  }
  const all = await Promise.all(Array.from({ length: 25 }, open))
  const statuses = all.map(({ statusCode }) => statusCode)
  expect(statuses.filter((status) => status === 200)).toHaveLength(20)
  expect(statuses.filter((status) => status === 429)).toHaveLength(5)
  const [one, two] = all.filter(({ statusCode }) => statusCode === 200)
  await sockets.close(one?.connectionId ?? '')
  expect((await open()).statusCode).toBe(200)
  expect((await open()).statusCode).toBe(429)
  await age(two?.connectionId ?? '', 'last_seen_at', '16 minutes')
  expect((await open()).statusCode).toBe(200)
})

test.each([
  '',
  'junk',
  '[]',
  'null',
  '{}',
  '"ping"',
  '{"action":1}',
  '{"v":2,"action":"ping"}',
  '{"action":"nonsense"}',
  '{"action":"__proto__"}',
  '{"action":"constructor"}',
  '{"action":"ping","__proto__":{"x":1}}',
  '{"action":"ping","action":"list"}',
  '{"action":"subscribe"}',
  '{"action":"subscribe","channel":["venue:v-1:summary"]}',
  '{"action":"subscribe","channels":[]}',
  '{"action":"resume","channel":"venue:v-1:summary"}',
  `{"action":"ping","id":"${'x'.repeat(33_000)}"}`,
  `{"action":"subscribe","channel":"${'x'.repeat(2000)}"}`,
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
])('%.60s is answered with an error, and the socket stays', async (text) => {
  const socket = await sockets.open(venues)
  await socket.say(text)
  expect(socket.frames).toMatchObject([{ v: 1, type: 'error', data: { code: 'bad_request' } }])
  await socket.say({ action: 'ping', id: 'p' })
  expect(socket.frames[1]).toMatchObject({ type: 'pong', id: 'p', data: { subscriptions: 0 } })
})

test('the refusal of a message that is not right has its id', async () => {
  const socket = await sockets.open(venues)
  await socket.say({ action: 'subscribe', id: '7', channel: 5 })
  expect(socket.frames).toMatchObject([{ type: 'error', id: '7', data: { code: 'bad_request' } }])
})

test('a socket that nobody let in is told goodbye, whatever it says', async () => {
  await sockets.say('stranger', { action: 'ping' })
  expect(sockets.framesOf('stranger')).toMatchObject([{ type: 'goodbye' }])
  expect(sockets.closed.has('stranger')).toBe(true)
})

test('a token is renewed by a ticket of the same person; three bad ones end the socket', async () => {
  const userId = unique('u')
  const soon = Date.now() + 5000
  const socket = await sockets.open(
    { 'v-1': 'viewer', 'v-2': 'viewer' },
    { userId, expiresAt: soon },
  )
  await socket.say({ action: 'subscribe', channels: ['venue:v-1:alerts', 'venue:v-2:alerts'] })
  const { body } = await sockets.ticketOf({ userId, venues })
  await socket.say({ action: 'refresh_auth', ticket: body.ticket })
  expect(socket.frames.at(-1)).toMatchObject({
    type: 'auth_ok',
    data: { unsubscribed: ['venue:v-2:alerts'] },
  })
  await socket.say({ action: 'list' })
  expect(socket.frames.at(-1)?.data).toEqual({ channels: ['venue:v-1:alerts'] })
  const other = (await sockets.ticketOf({ userId: unique('other'), venues })).body.ticket
  for (const ticket of [other, body.ticket, 'junk']) {
    expect(sockets.closed.has(socket.id)).toBe(false)
    await socket.say({ action: 'refresh_auth', ticket })
    expect(
      socket.frames.some(
        ({ type, data }) => type === 'error' && (data as { code: string }).code === 'unauthorized',
      ),
    ).toBe(true)
  }
  expect(sockets.closed.has(socket.id)).toBe(true)
  expect(await isKnown(socket.id)).toBe(false)
})

test('the clock ends sockets that are silent, old or expired; a ping keeps one', async () => {
  const [silent, old, expired, alive] = await Promise.all(
    Array.from({ length: 4 }, () => sockets.open(venues)),
  )
  await age(silent?.id ?? '', 'last_seen_at', '16 minutes')
  await age(old?.id ?? '', 'connected_at', '131 minutes')
  await age(expired?.id ?? '', 'auth_expires_at', '1 second')
  await age(alive?.id ?? '', 'last_seen_at', '14 minutes')
  await alive?.say({ action: 'ping' })
  await age(alive?.id ?? '', 'connected_at', '119 minutes')
  await tend({} as never, context)
  expect(silent?.frames.at(-1)).toMatchObject({ type: 'goodbye', data: { reason: 'silent' } })
  expect(old?.frames.at(-1)).toMatchObject({ type: 'goodbye', data: { reason: 'old' } })
  expect(expired?.frames.at(-1)).toMatchObject({ type: 'goodbye', data: { reason: 'expired' } })
  const all = [silent, old, expired, alive].map((one) => isKnown(one?.id ?? ''))
  expect(await Promise.all(all)).toEqual([false, false, false, true])
})

test('operations see how many sockets there are and what they hear, and nobody else', async () => {
  const socket = await sockets.open(venues)
  await socket.say({
    action: 'subscribe',
    channels: ['venue:v-1:alerts', 'venue:v-1:widget:event:x'],
  })
  const { body } = await call(socketsHttp, 'GET /v1/ops/ws', { caller: { isOps: true } })
  expect(body.connections).toBeGreaterThan(0)
  expect(body.subscriptions).toMatchObject({
    alerts: expect.any(Number),
    widget: expect.any(Number),
  })
  expect((await call(socketsHttp, 'GET /v1/ops/ws', { caller: { venues } })).status).toBe(403)
})
