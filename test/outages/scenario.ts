import { setTimeout as sleep } from 'node:timers/promises'
import type { Weather } from './chaos-proxy.ts'
import { layDeadLetters, watchStores } from './ledger.ts'
import type { Store, System } from './system.ts'
import { orderOf, type Sample, startTraffic, type Told, type Traffic } from './traffic.ts'

export type Scenario = { stores: Store[]; weather: Weather }
export type Finding = Scenario & {
  name: string
  /** When the stores were back. */
  backAt: number
  orders: number
  /** Orders that were told and never counted; what the totals differ from what was told. */
  lost: number
  countDifference: number
  valueDifferenceMinor: number
  /** What /ready said during the outage, when it said that all is well, and anything else after. */
  ready: string[]
  readyBackMs: number
  readyRelapses: string[]
  /** Answers to a question for orders during the outage: `200`, `503 postgres`, and how slow. */
  answers: string[]
  slowestAnswerMs: number
  wrongNumbers: string[]
  /** Answers to POST during the outage. */
  posts: string[]
  /** From taken to counted, the slowest of the orders taken after the return. */
  newCountedMs: number
  /** From the return until the last order taken before it was counted: they wait 1, 2, 4 … s. */
  waitingCountedMs: number
  deadLettersMs: number
  outboxPeak: number
  outboxDrainedMs: number
  notArchived: number
  /** What a batch took, before and during the outage. */
  batchCalmMs: number
  batchDuringMs: number
  batchWorstMs: number
}

const deadLetters = 5
const settleMs = 240_000
const readyMs = 30_000

/** How long orders flow before an outage, how long it lasts, and how long they flow after it. */
export type Pace = { calmMs: number; holdMs: number; afterMs: number }

/**
 * One outage in the midst of traffic. Resolves a while after the return, when the service has taken
 * every order, with what is left to do: wait until all are counted, and tell what was seen.
 */
export async function strike(system: System, scenario: Scenario, pace: Pace) {
  const { stores, weather } = scenario
  const name = `${stores.join('-')}-${weather.kind}-${Date.now().toString(36)}`
  const dead = Array.from({ length: deadLetters }, (_, n) => orderOf(`${name}-dead`, n))
  const traffic = await startTraffic(system, name)
  const ledger = await watchStores(system, [...traffic.venues, `${name}-dead`])
  const startedAt = Date.now()
  await sleep(pace.calmMs)

  await layDeadLetters(system, dead)
  const from = Date.now()
  await system.become(weather, stores)
  await sleep(pace.holdMs)
  await system.become({ kind: 'pass' }, [])
  const back = Date.now()

  await sleep(pace.afterMs)
  await traffic.finishTelling()
  await until(() => isWell(traffic.ready.at(-1)), readyMs)
  await traffic.stop()
  const batches = batchTimes(system.log(), startedAt, from, back)
  return async (): Promise<Finding> => {
    const told = [...traffic.told, ...dead]
    await until(() => told.every((one) => ledger.counted.has(one.eventId)), settleMs)
    await until(() => ledger.outbox().emptyAt > 0, settleMs)
    const archived = await ledger.archived()
    await ledger.stop()

    const countedAt = (one: Told) => ledger.counted.get(one.eventId) ?? Number.POSITIVE_INFINITY
    const isNew = ({ acceptedAt = 0 }: Told) => acceptedAt > back
    const asked = traffic.orders.filter((one) => one.from >= from && one.from < back)
    const { peak, emptyAt } = ledger.outbox()
    return {
      ...scenario,
      name,
      backAt: back,
      orders: told.length,
      lost: told.filter((one) => countedAt(one) === Number.POSITIVE_INFINITY).length,
      ...(await differences(traffic)),
      ...readiness(traffic.ready, from, back),
      answers: distinct(asked.map(answerOf)),
      slowestAnswerMs: Math.max(0, ...asked.map((one) => one.to - one.from)),
      wrongNumbers: wrongNumbers(traffic, countedAt),
      posts: distinct(
        traffic.posts.filter((one) => one.from >= from && one.from < back).map(answerOf),
      ),
      newCountedMs: Math.max(
        ...traffic.told.filter(isNew).map((one) => countedAt(one) - (one.acceptedAt ?? 0)),
      ),
      waitingCountedMs: Math.max(
        0,
        ...traffic.told.filter((one) => !isNew(one)).map((one) => countedAt(one) - back),
      ),
      deadLettersMs: Math.max(...dead.map(countedAt)) - back,
      outboxPeak: peak,
      outboxDrainedMs: peak === 0 ? 0 : emptyAt - back,
      notArchived: told.length - archived,
      ...batches,
    }
  }
}

async function until(isTrue: () => boolean, patienceMs: number) {
  for (const end = Date.now() + patienceMs; !isTrue() && Date.now() < end; ) await sleep(200)
}

async function differences({ venues, told, total }: Traffic) {
  let countDifference = 0
  let valueDifferenceMinor = 0
  for (const venueId of venues) {
    const own = told.filter((one) => one.venueId === venueId)
    const value = own.reduce((sum, one) => sum + one.amountMinor, 0)
    countDifference += Math.abs(Number(await total(venueId, 'orders')) - own.length)
    valueDifferenceMinor += Math.abs(Number(await total(venueId, 'gross_revenue')) - value)
  }
  return { countDifference, valueDifferenceMinor }
}

type Stores = Record<string, { ok: boolean }>

const awayIn = ({ body }: Sample): string[] =>
  Object.entries((body.stores ?? {}) as Stores)
    .filter(([, { ok }]) => !ok)
    .map(([name]) => name)

const isWell = (sample: Sample | undefined) =>
  sample?.body.stores !== undefined && awayIn(sample).length === 0

const verdict = (one: Sample) => `${one.status} ${awayIn(one).join(' ') || 'ok'}`

function readiness(samples: Sample[], from: number, back: number) {
  const after = samples.filter((one) => one.to > back)
  const first = after.findIndex(isWell)
  return {
    ready: distinct(samples.filter((one) => one.from >= from && one.to <= back).map(verdict)),
    readyBackMs: (after[first]?.to ?? Number.POSITIVE_INFINITY) - back,
    readyRelapses: distinct(
      after
        .slice(first)
        .filter((one) => !isWell(one))
        .map(verdict),
    ),
  }
}

const answerOf = ({ status, body }: Sample) =>
  `${status} ${/postgres|mongo|redis|queue|objects/.exec(String(body.detail ?? ''))?.[0] ?? ''}`.trim()

const distinct = (answers: string[]) => [...new Set(answers)]

/** Answers that are less than what was counted when they were asked for, or more than was told. */
function wrongNumbers({ orders, told, asked }: Traffic, countedAt: (one: Told) => number) {
  const own = told.filter((one) => one.venueId === asked)
  return orders.flatMap(({ status, body, from, to }) => {
    if (status !== 200) return []
    const least = own.filter((one) => countedAt(one) < from).length
    const most = own.filter((one) => Date.parse(one.occurredAt) < to).length
    const total = Number(body.total)
    return total >= least && total <= most ? [] : [`${total} is not in ${least}–${most}`]
  })
}

type Line = { message: string; function?: string; time: string; durationMs: number }

function batchTimes(log: string, startedAt: number, from: number, back: number) {
  const batches = log
    .split('\n')
    .filter((line) => line.includes('"message":"batch"'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Line)
  const times = (begin: number, end: number) =>
    batches
      .filter(({ time }) => Date.parse(time) >= begin && Date.parse(time) < end)
      .map(({ durationMs }) => durationMs)
      .toSorted((a, b) => a - b)
  const calm = times(startedAt, from)
  const during = times(from, back)
  const median = (sorted: number[]) => sorted[Math.floor(sorted.length / 2)] ?? 0
  return {
    batchCalmMs: median(calm),
    batchDuringMs: median(during),
    batchWorstMs: during.at(-1) ?? 0,
  }
}
