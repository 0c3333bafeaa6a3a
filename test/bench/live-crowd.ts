import { setTimeout as sleep } from 'node:timers/promises'
import { withSql } from '../support/databases.ts'
import { startChild } from './children.ts'
import { type Measured, nameOf, none, orderAt } from './live-flow.ts'
import { type Seat, takeSeats } from './live-seats.ts'
import { type LiveSystem, until } from './live-system.ts'
import { currentIn, type Heard, type Watcher } from './live-watcher.ts'
import { type Line, quantile } from './section.ts'

const venueIds = Array.from({ length: 50 }, (_, i) => `crowd-${i}`)
const [crowded = ''] = venueIds
const seats = 1000
const crowdedSeats = 200
const checkedFrames = 10_000
const channelOf = (venueId: string) => nameOf(venueId, 'metric:tickets_sold')
/** Tickets of an order, of no two venues the same: a number of another venue would be known by it. */
const ticketsOf = (venueId: string) => 1000 + venueIds.indexOf(venueId)

/** 1,000 sockets, 200 of them on one venue and 800 on 49; every tenth is cut off without a goodbye. */
export async function measureCrowd(system: LiveSystem): Promise<Measured & { notes: string[] }> {
  await system.open(venueIds)
  const all = await Promise.all(Array.from({ length: seats }, (_, i) => seatOf(system, i)))
  const isCut = (i: number) => i % 10 === 9
  const startedAt = Date.now()
  const doomed = startChild('live-crowd-worker.ts')
  await doomed.call(
    'takeSeats',
    all.filter((_, i) => isCut(i)),
  )
  const stayed = all.filter((_, i) => !isCut(i))
  const watchers = await takeSeats(stayed)
  const openSeconds = (Date.now() - startedAt) / 1000
  const inCrowd = watchers.filter((_, i) => stayed[i]?.venueId === crowded)
  const logged = system.log().length

  // The child dies in the moment of the update: sockets are found gone while others are told.
  doomed.stop()
  const afterCut = await tellCrowd(system, inCrowd, 1)
  const later: number[][] = []
  for (let order = 2; order <= 6; order += 1) {
    await sleep(1200)
    later.push(await tellCrowd(system, inCrowd, order))
  }
  const rounds = await tellAll(system, watchers, stayed, 6)
  const left = await withSql(
    system.stack.adminUrl ?? '',
    (sql) => sql<{ left: number }[]>`
      select (select count(*)::int from connections where user_id like 'person-%')
             + (select count(*)::int from subscriptions where venue_id like 'crowd-%')
             - ${2 * watchers.length}::int as left`,
  )
  const log = system.log().slice(logged)
  const errors = errorsOf(watchers, log)
  for (const error of new Set(errors)) process.stderr.write(`${error}\n`)
  const found = log.reduce((sum, { gone = 0 }) => sum + Number(gone), 0)
  for (const watcher of watchers) watcher.close()
  const p95 = (ms: number[]) => quantile(ms, 0.95)
  const of200 = `${inCrowd.length} of 200 sockets`
  return {
    watchers: stayed.flatMap(({ venueId }, i) => {
      const watcher = watchers[i]
      // Those of a venue hear the same: one of each is compared.
      const isFirst = stayed.findIndex((seat) => seat.venueId === venueId) === i
      return watcher && isFirst ? [{ venueId, watcher }] : []
    }),
    lines: [
      ...(
        [
          [`${of200}: sent to told while 100 are cut off, p95`, [p95(afterCut)]],
          [`${of200}: sent to told, five updates, p95`, later.map(p95)],
        ] as const
      ).map(
        ([what, runs]): Line => ({ what, unit: 'ms', runs: [...runs], target: { most: 1000 } }),
      ),
      none('1,000 sockets: errors', errors.length),
      none(
        '1,000 sockets: gone ones and subscriptions of theirs that are left',
        left[0]?.left ?? -1,
      ),
      { ...rounds.line, target: { least: checkedFrames } },
      none('1,000 sockets: messages of another venue', foreignIn(watchers, stayed)),
      none(
        '1,000 sockets: gaps in seq',
        watchers.reduce((sum, one) => sum + one.gaps(), 0),
      ),
    ],
    notes: [
      `1,000 sockets opened, subscribed and refused another venue in ${openSeconds.toFixed(0)} s; ` +
        `an update of all 50 venues reached ${watchers.length} sockets in ${rounds.seconds} s.`,
      `Of 100 cut off, broadcasts found ${found} gone; the gateway told of the others.`,
    ],
  }
}

async function seatOf(system: LiveSystem, i: number): Promise<Seat> {
  const venueId =
    i < crowdedSeats ? crowded : (venueIds[1 + ((i - crowdedSeats) % (venueIds.length - 1))] ?? '')
  const other = venueIds[(venueIds.indexOf(venueId) + 1) % venueIds.length] ?? ''
  return {
    http: system.http,
    token: await system.tokenOf(venueId, `person-${i}`),
    venueId,
    channel: channelOf(venueId),
    foreign: channelOf(other),
  }
}

const orderOf = (venueId: string) => orderAt(venueId, { quantity: ticketsOf(venueId) })

/** The nth order of the crowded venue: how long it took to each of its sockets, in ms. */
async function tellCrowd(system: LiveSystem, sockets: Watcher[], order: number): Promise<number[]> {
  const tickets = order * ticketsOf(crowded)
  const sentAt = Date.now()
  await system.send([orderOf(crowded)])
  const arrival = (socket: Watcher) =>
    socket.toldIn(channelOf(crowded)).find((one) => (currentIn(one) ?? 0) >= tickets)?.at
  await until('all are told', () => sockets.every((socket) => arrival(socket) !== undefined))
  return sockets.map((socket) => (arrival(socket) ?? 0) - sentAt)
}

/** Orders of all venues until so many messages have come; the crowded venue has had some before. */
async function tellAll(system: LiveSystem, sockets: Watcher[], taken: Seat[], before: number) {
  const times: number[] = []
  for (let round = 1; framesOf(sockets).length < checkedFrames; round += 1) {
    await sleep(1200)
    const startedAt = Date.now()
    await system.send(venueIds.map(orderOf))
    await until('all are told', () =>
      sockets.every((socket, i) => {
        const { venueId = '', channel = '' } = taken[i] ?? {}
        const orders = round + (venueId === crowded ? before : 0)
        return (currentIn(socket.last(channel)) ?? 0) >= orders * ticketsOf(venueId)
      }),
    )
    times.push((Date.now() - startedAt) / 1000)
  }
  return {
    line: { what: '1,000 sockets: messages checked', unit: '', runs: [framesOf(sockets).length] },
    seconds: quantile(times, 0.5).toFixed(1),
  }
}

const framesOf = (sockets: Watcher[]): Heard[] =>
  sockets.flatMap((socket) => socket.channels.flatMap(socket.toldIn))

/** Messages of a channel that was not asked for, and numbers that are not the venue's. */
const foreignIn = (sockets: Watcher[], taken: Seat[]): number =>
  sockets.reduce((sum, { strays, toldIn }, i) => {
    const { venueId = '', channel = '' } = taken[i] ?? {}
    const numbers = toldIn(channel).filter((one) => {
      const tickets = currentIn(one)
      return tickets === null || tickets % ticketsOf(venueId) !== 0
    })
    return sum + strays.length + numbers.length
  }, 0)

/**
 * What went wrong: errors that nobody asked for, connections that were lost, lines of the log. What the
 * ingest warns of is no socket's: raw copies may wait for Mongo.
 */
function errorsOf(sockets: Watcher[], log: Record<string, unknown>[]): string[] {
  const told = sockets.flatMap(({ errors, state }) => [
    // Each asked for one channel of another venue.
    ...errors.map(({ code }) => code).filter((code) => code !== 'forbidden_channel'),
    ...Array.from({ length: state.opened - 1 }, () => 'connected again'),
  ])
  const logged = log
    .filter(({ level, function: name }) => {
      return level === 'error' || (level === 'warn' && !String(name).endsWith('ingestEvents'))
    })
    .map((line) => `${line.function}: ${line.message} ${line.error ?? ''}`)
  return [...told, ...logged]
}
