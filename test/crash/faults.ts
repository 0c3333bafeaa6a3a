import type { Random } from '../oracle/random.ts'
import { handlerPoints, type Point } from './points.ts'
import { waitFor } from './wait.ts'

/** What happens when so much of the work is done, from 0 to 1. */
type Fault = { at: number } & ({ kill: Point } | { store: 'postgres' | 'mongo' | 'redis' })

type Setup = {
  random: Random
  events: number
  progress: () => number
  patienceMs: number
  doomHandler: (point: Point) => void
  doomClock: () => void
  kill: Record<'postgres' | 'mongo' | 'redis', () => Promise<void>>
}

// The last of them must find enough left to do.
const latest = 0.85

/** Kills processes and stores while the work goes on; tells how often each store was killed. */
export async function rage(setup: Setup) {
  const { random, events, progress, patienceMs } = setup
  const killed = { postgres: 0, mongo: 0, redis: 0 }
  let stores = Promise.resolve()
  for (const fault of planOf(random, events)) {
    await waitFor(
      `${Math.round(fault.at * 100)} % are done`,
      patienceMs,
      () => progress() >= fault.at,
    )
    if ('kill' in fault) {
      setup.doomHandler(fault.kill)
      continue
    }
    const { store } = fault
    // Without Mongo raw copies wait in the outbox: the clock dies when it catches up.
    if (store === 'mongo') setup.doomClock()
    stores = stores.then(async () => {
      await setup.kill[store]()
      killed[store] += 1
    })
    stores.catch(() => {}) // awaited below
  }
  await stores
  return killed
}

function planOf(random: Random, events: number): Fault[] {
  const perPoint = Math.max(4, Math.round(events / 12_500))
  const kills = handlerPoints.flatMap((kill) => Array.from({ length: perPoint }, () => ({ kill })))
  const postgres = Array.from({ length: Math.max(5, Math.round(events / 16_000)) }, () => ({
    store: 'postgres' as const,
  }))
  return [
    ...spread(random.shuffled(kills), random),
    ...spread(postgres, random),
    ...spread([{ store: 'mongo' as const }, { store: 'mongo' as const }], random),
    ...spread([{ store: 'redis' as const }, { store: 'redis' as const }], random),
  ].sort((a, b) => a.at - b.at)
}

const spread = <T extends object>(faults: T[], random: Random): (T & { at: number })[] =>
  faults.map((fault, i) => ({ ...fault, at: ((i + random.real()) / faults.length) * latest }))
