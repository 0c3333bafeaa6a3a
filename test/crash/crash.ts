import path from 'node:path'
import type { OwnStack } from '../../local/own-stack.ts'
import { randomOf } from '../oracle/random.ts'
import { bodiesOf } from '../oracle/workers.ts'
import { startChecker } from './checker.ts'
import { rage } from './faults.ts'
import { isCaughtUp } from './ledger.ts'
import { type News, type Point, points } from './points.ts'
import { keepRunning } from './processes.ts'
import { depthOf, sendAll } from './queue.ts'
import { recoveryOf } from './recovery.ts'
import type { Report } from './report.ts'
import { killersOf } from './stores.ts'
import { tell, writeEvents } from './told.ts'
import { waitFor } from './wait.ts'

type Setup = { events: number; seed: number; say: (line: string) => void }

const handlers = 8
const sending = { most: 5, largest: 60 }

/** Sends events through the queue while everything is killed, then has counted what is there. */
export async function crash(stack: OwnStack, { events: count, seed, say }: Setup): Promise<Report> {
  const { EVENTS_QUEUE_URL: queue = '', EVENTS_DEAD_LETTER_QUEUE_URL: deadLetters = '' } =
    stack.environment
  const random = randomOf(seed)
  const events = tell(random, count, Date.now())
  const bodies = bodiesOf(events, random, sending)
  const file = path.join(stack.home, 'events.ndjson')
  writeEvents(file, events)
  const checker = startChecker(file)
  const patienceMs = 240_000 + 10 * events.length
  const kill = killersOf(stack)
  const recovery = recoveryOf(kill.postgres)
  let settled = 0
  const onNews = (news: News) => {
    if ('done' in news) settled += news.done
    else recovery.commits()
  }
  const startedAt = performance.now()
  const seconds = () => (performance.now() - startedAt) / 1000
  const workers = keepRunning({
    script: 'test/crash/handler.ts',
    count: handlers,
    random,
    onNews,
  })
  const clock = keepRunning({ script: 'test/crash/clock.ts', count: 1, random })
  const teller = setInterval(
    () => say(`${seconds().toFixed(0)} s: ${settled} of ${bodies.length} messages done`),
    10_000,
  )
  try {
    const [storesKilled] = await Promise.all([
      rage({
        random,
        events: events.length,
        progress: () => settled / bodies.length,
        patienceMs,
        doomHandler: workers.doom,
        doomClock: () => clock.doom('catching up'),
        kill: { ...kill, postgres: recovery.kill },
      }),
      sendAll(queue, bodies),
    ])
    await waitFor('the queue is empty', patienceMs, async () => {
      // The queue twice: a dead letter may be on its way back.
      for (const url of [queue, deadLetters, queue]) if ((await depthOf(url)) > 0) return false
      return true
    })
    const spent = seconds()
    clearInterval(teller)
    await workers.stop()
    await waitFor('all is caught up', patienceMs, () => isCaughtUp(stack.adminUrl ?? ''))
    await clock.stop()
    say(`all is acknowledged after ${spent.toFixed(1)} s; comparing`)
    const findings = await checker.findings()
    return {
      ...findings,
      ...{ seed, events: events.length, seconds: spent, storesKilled },
      ...{ deliveries: bodies.flat().length, messages: bodies.length },
      killed: countsOf([...workers.killed(), ...clock.killed()]),
      longestRecoveryMs: recovery.longestMs(),
      crashes: [...workers.crashes(), ...clock.crashes()],
      deadLetters: await depthOf(deadLetters),
    }
  } finally {
    clearInterval(teller)
    workers.end()
    clock.end()
  }
}

function countsOf(killed: Point[]) {
  const names = Object.keys(points) as Point[]
  const counts = names.map((name) => [name, killed.filter((point) => point === name).length])
  return Object.fromEntries(counts) as Record<Point, number>
}
