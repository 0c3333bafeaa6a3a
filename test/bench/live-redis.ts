import { setTimeout as sleep } from 'node:timers/promises'
import { withSql } from '../support/databases.ts'
import { type Measured, nameOf, none, orderAt, settled } from './live-flow.ts'
import { type LiveSystem, paced, until } from './live-system.ts'
import { currentIn, type Watcher, watchVenue } from './live-watcher.ts'
import type { Line } from './section.ts'

const busy = 'redis-busy'
const quiet = 'redis-quiet'
const quietOrders = 7
const channels = ['metric:orders', 'metric:gross_revenue', 'summary']
/** A tick of the clock, and the time that its work takes. */
const tickSeconds = 65

/** An answer of GET V/realtime; `at` is when it was asked for, seconds after the kill. */
type Asked = { at: number; status: number; isHit: boolean; asOf: string; orders: number }

/** Redis dies under 50 events a second and comes back empty; a socket is cut off with it. */
export async function measureLostRedis(system: LiveSystem): Promise<Measured> {
  await system.open([busy, quiet])
  await system.send(Array.from({ length: quietOrders }, () => orderAt(quiet)))
  const watchers = [
    await watchVenue(system, busy, channels, 'stays'),
    await watchVenue(system, busy, channels, 'is cut'),
  ]
  await until('subscribed', () => watchers.every((one) => one.isSubscribed()))
  await until('Redis has the quiet venue', async () => (await ask(system, quiet, 0)).isHit)
  const stopping = new AbortController()
  let sent = 0
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      await paced(5, 200, async () => {
        sent += 10
        await system.send(Array.from({ length: 10 }, () => orderAt(busy)))
      })
    }
  })()
  await sleep(5000)
  const killedAt = performance.now()
  process.kill(system.stack.pids().redis ?? 0, 'SIGKILL')
  await cutOff(system, 'is cut')
  const asked = { busy: [] as Asked[], quiet: [] as Asked[] }
  const isBack = () => asked.quiet.at(-1)?.isHit && asked.busy.some(({ isHit }) => isHit)
  while (!isBack() && performance.now() - killedAt < 2 * tickSeconds * 1000) {
    asked.busy.push(await ask(system, busy, killedAt))
    asked.quiet.push(await ask(system, quiet, killedAt))
    await sleep(250)
  }
  await sleep(5000)
  asked.busy.push(await ask(system, busy, killedAt))
  stopping.abort()
  await sending
  for (const watcher of watchers) await settled(watcher, busy, sent)
  const recorded = [...(await system.recorded(busy)).values()]
  const wrongAnswers = [
    // The first event of the venue told of its clock.
    ...asked.busy.filter(
      (one) => one.orders !== recorded.filter((at) => at <= one.asOf).length - 1,
    ),
    ...asked.quiet.filter(({ orders }) => orders !== quietOrders),
    ...[...asked.busy, ...asked.quiet].filter(({ status }) => status !== 200),
  ]
  return {
    watchers: watchers.map((watcher) => ({ venueId: busy, watcher })),
    lines: [
      none('Redis lost: answers of …/realtime that are wrong', wrongAnswers.length),
      {
        what: 'Redis lost: answers of …/realtime',
        unit: '',
        runs: [asked.busy.length + asked.quiet.length],
      },
      backLine('a venue with 50 events/s', asked.busy),
      backLine('a quiet venue', asked.quiet),
      none(
        'Redis lost: gaps in seq',
        watchers.reduce((sum, one) => sum + one.gaps(), 0),
      ),
      none('Redis lost: last values that are wrong', wrongLast(watchers, sent)),
    ],
  }
}

/** When Redis answers again, after the first answer that it did not give. */
function backLine(what: string, asked: Asked[]): Line {
  const lost = asked.findIndex(({ isHit }) => !isHit)
  const back = lost < 0 ? undefined : asked.slice(lost).find(({ isHit }) => isHit)
  return {
    what: `Redis lost: ${what} is answered from it again`,
    unit: 's',
    runs: [back?.at ?? Number.NaN],
    target: { most: tickSeconds },
  }
}

async function ask(system: LiveSystem, venueId: string, since: number): Promise<Asked> {
  const at = (performance.now() - since) / 1000
  const { status, cacheStatus, body } = await system.get(venueId, '/realtime')
  const items = (body.items ?? []) as { metric: string; current: number }[]
  return {
    at,
    status,
    isHit: cacheStatus === 'turnout; hit',
    asOf: String(body.asOf),
    orders: items.find(({ metric }) => metric === 'orders')?.current ?? Number.NaN,
  }
}

/** Ends the sockets of a person from the side of the gateway. */
async function cutOff(system: LiveSystem, user: string): Promise<void> {
  const rows = await withSql(
    system.stack.adminUrl ?? '',
    (sql) => sql<{ id: string }[]>`
      select connection_id as id from connections where user_id = ${user}`,
  )
  const endpoint = `http://127.0.0.1:${system.stack.ports.websocket}/@connections`
  await Promise.all(rows.map(({ id }) => fetch(`${endpoint}/${id}`, { method: 'DELETE' })))
}

/** How many channels say last something else than so many orders of 91.00. */
const wrongLast = (watchers: Watcher[], orders: number): number =>
  watchers.reduce((sum, watcher) => {
    const told = (channel: string) => currentIn(watcher.last(nameOf(busy, channel)))
    const isWrong = [
      told('metric:orders') !== orders,
      told('metric:gross_revenue') !== 9100 * orders,
    ]
    return sum + isWrong.filter(Boolean).length
  }, 0)
