import { migratedDatabase } from '../support/databases.ts'
import { startChild } from './children.ts'
import type { Run } from './ingest-worker.ts'
import { type Line, type Options, type Section, section } from './section.ts'
import { freshDeliveries } from './traffic.ts'

/**
 * Unique events a second over seconds, archive and live numbers included: each venue has an
 * instance of the function, as the platform would start them.
 */
export async function benchSustained({ isQuick }: Options): Promise<Section> {
  const database = await migratedDatabase()
  const children = Array.from({ length: 4 }, () =>
    startChild('ingest-worker.ts', { DATABASE_URL: database.app }),
  )
  const lines: Line[] = []
  for (const [size, venues] of [
    [100, 1],
    [100, 2],
    [100, 4],
    [1000, 1],
    [1000, 4],
  ] as const) {
    const runs: number[] = []
    // The first run warms up.
    for (let run = 0; run <= (isQuick ? 1 : 3); run += 1) {
      const events = isQuick ? 4000 : 12_000
      const work = children.slice(0, venues).map((child, i) => {
        const deliveries = freshDeliveries(`venue-${i}`, events / size, size)
        return () => child.call<Run>('ingest', deliveries)
      })
      const startedAt = performance.now()
      await Promise.all(work.map((start) => start()))
      const rate = (venues * events * 1000) / (performance.now() - startedAt)
      if (run > 0) runs.push(rate)
    }
    lines.push({
      what: `${venues} venue${venues > 1 ? 's' : ''} at once, ${size} events a batch`,
      unit: 'events/s',
      runs,
      target: { least: 2000 },
    })
  }
  for (const child of children) child.stop()
  return section('Sustained through the real handler, all stores included', lines, [
    'Each run 12,000 new events a venue (4,000 in the quick form), handed over before the clock starts.',
  ])
}
