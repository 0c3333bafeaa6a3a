import { Webhook } from 'standardwebhooks'
import type { Message } from '../../../lib/messages/channel.ts'
import { resolveName } from '../../../lib/messages/channels/resolve.ts'
import { sendWebhook } from '../../../lib/messages/channels/webhook.ts'
import { newWebhookSecret } from '../../../lib/messages/contact-point.ts'
import { type Received, startSink } from '../../support/sink.ts'

type Sink = Awaited<ReturnType<typeof startSink>>

const secret = newWebhookSecret()
const never = new AbortController().signal
const rendered = {
  kind: 'webhook' as const,
  type: 'alert.firing',
  data: { name: '<img src=x onerror=alert(1)> {{severity}} $& "}],"text":"x' },
}
const createdAt = new Date('2026-06-01T16:00:00Z')
const messageOf = (dedupeKey: string): Message => ({ id: 'm-1', dedupeKey, createdAt, rendered })
const sinks: Sink[] = []

const sinkOf = async (answer: Parameters<typeof startSink>[0]) => {
  const sink = await startSink(answer)
  sinks.push(sink)
  return sink
}
const answering = (status: number, headers: Record<string, string> = {}, body = '') =>
  sinkOf((response) => response.writeHead(status, headers).end(body))

const sendTo = (url: string, dedupeKey = 'alert:7', timeoutMs = 5000, signal = never) =>
  sendWebhook({ kind: 'webhook', url, secret }, messageOf(dedupeKey), rendered, signal, {
    allowed: ['127.0.0.1', 'localhost'],
    resolve: resolveName,
    timeoutMs,
  })

const signed = ({ headers }: Received) => headers as Record<string, string>

afterAll(() => {
  for (const { close } of sinks) close()
})

test('the receiver verifies an event with the library of Standard Webhooks', async () => {
  const sink = await answering(204)
  expect(await sendTo(sink.url)).toEqual({ ok: true, providerId: null })
  const [got] = sink.received
  if (!got) throw new Error('nothing came')
  const event = new Webhook(secret).verify(got.body, signed(got))
  const timestamp = '2026-06-01T16:00:00.000Z'
  expect(event).toEqual({ type: rendered.type, timestamp, data: rendered.data })
  expect(got.headers).toMatchObject({
    'webhook-id': 'alert:7',
    'content-type': 'application/json; charset=utf-8',
  })
})

test('an event that was altered, or is of another secret, id or time, does not verify', async () => {
  const sink = await answering(200)
  await sendTo(sink.url)
  const [got] = sink.received
  if (!got) throw new Error('nothing came')
  const verify = (body: string, headers: Record<string, string>, by = secret) =>
    new Webhook(by).verify(body, { ...signed(got), ...headers })
  expect(() => verify(got.body, {})).not.toThrow()
  expect(() => verify(got.body.replace('firing', 'fading'), {})).toThrow('No matching signature')
  expect(() => verify(got.body, {}, newWebhookSecret())).toThrow('No matching signature')
  expect(() => verify(got.body, { 'webhook-id': 'alert:8' })).toThrow('No matching signature')
  const later = String(Number(got.headers['webhook-timestamp']) + 1)
  expect(() => verify(got.body, { 'webhook-timestamp': later })).toThrow('No matching signature')
  expect(() => verify(got.body, { 'webhook-timestamp': '1700000000' })).toThrow('too old')
})

test('every attempt has the same id, whatever the key is made of', async () => {
  const sink = await answering(200)
  for (const key of ['plain', 'plain', 'a.b', 'a.b', 'a\r\nx: 1', 'café', 'k'.repeat(500)]) {
    expect(await sendTo(sink.url, key)).toMatchObject({ ok: true })
  }
  const ids = sink.received.map(({ headers }) => headers['webhook-id'])
  expect(ids[1]).toBe(ids[0])
  expect(ids[3]).toBe(ids[2])
  expect(new Set(ids).size).toBe(5)
  for (const got of sink.received) new Webhook(secret).verify(got.body, signed(got))
})

test.each([
  [301, true],
  [307, true],
  [400, false],
  [401, false],
  [404, false],
  [408, true],
  [410, false],
  [422, false],
  [425, true],
  [429, true],
  [500, true],
  [503, true],
])('an answer of %i is a failure, and passing: %p', async (status, isPassing) => {
  const sink = await answering(status, { location: 'http://127.0.0.1:1/' }, 'why not')
  expect(await sendTo(sink.url)).toEqual({
    ok: false,
    isPassing,
    status,
    reason: `the receiver answered ${status}`,
    excerpt: 'why not',
  })
})

test('a redirect is followed nowhere', async () => {
  const inner = await answering(200)
  const sink = await answering(302, { location: inner.url })
  expect(await sendTo(sink.url)).toMatchObject({ ok: false, status: 302 })
  expect(inner.state.connections).toBe(0)
})

test('when the receiver says how long to wait, that is told, in bounds', async () => {
  const wait = async (value: string, status = 503) =>
    (await sendTo((await answering(status, { 'retry-after': value })).url)) as {
      retryAfterSeconds?: number
    }
  expect((await wait('120')).retryAfterSeconds).toBe(120)
  expect((await wait('99999999')).retryAfterSeconds).toBe(36_000)
  expect((await wait('-5')).retryAfterSeconds ?? 0).toBe(0)
  expect((await wait('soon')).retryAfterSeconds).toBeUndefined()
  expect((await wait('120', 410)).retryAfterSeconds).toBeUndefined()
  const date = await wait(new Date(Date.now() + 60_000).toUTCString(), 429)
  expect(date.retryAfterSeconds).toBeGreaterThan(50)
  expect(date.retryAfterSeconds).toBeLessThanOrEqual(60)
})

test('of an endless answer a kilobyte is kept', async () => {
  const sink = await sinkOf((response) => {
    response.writeHead(500)
    const pour = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
    }
    response.on('drain', pour)
    pour()
  })
  const outcome = (await sendTo(sink.url)) as { excerpt?: string }
  expect(outcome.excerpt).toHaveLength(1024)
})

test('an answer that is late or trickles, and a closed port, are passing failures', async () => {
  const silent = await sinkOf(() => {})
  const late = { ok: false, isPassing: true, reason: 'the receiver did not answer in time' }
  expect(await sendTo(silent.url, 'k', 300)).toEqual(late)
  const trickling = await sinkOf((response) => {
    response.writeHead(200).write('a')
  })
  expect(await sendTo(trickling.url, 'k', 5000)).toEqual({ ok: true, providerId: null })
  expect(await sendTo('http://127.0.0.1:1/')).toMatchObject({ ok: false, isPassing: true })
  const aborter = new AbortController()
  setTimeout(() => aborter.abort(), 100)
  const broken = await sendTo(silent.url, 'k', 5000, aborter.signal)
  expect(broken).toEqual({ ok: false, isPassing: true, reason: 'the sending was broken off' })
})

test('a receiver that takes ten seconds holds up its own events, and nobody else’s', async () => {
  const slow = await sinkOf((response) => setTimeout(() => response.end(), 10_000))
  const quick = await answering(200)
  const aborter = new AbortController()
  const held = Array.from({ length: 12 }, () => sendTo(slow.url, 'k', 15_000, aborter.signal))
  const startedAt = performance.now()
  const others = await Promise.all(Array.from({ length: 12 }, () => sendTo(quick.url)))
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect(others.every(({ ok }) => ok)).toBe(true)
  expect(slow.state.most).toBe(4)
  const [first] = await Promise.all([Promise.race(held)])
  expect(first).toEqual({ ok: true, providerId: null })
  aborter.abort()
  const ended = await Promise.all(held)
  expect(ended.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(1)
  expect(slow.state.most).toBe(4)
})
