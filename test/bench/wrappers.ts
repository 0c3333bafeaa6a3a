import { startChild } from './children.ts'
import {
  figure,
  type Line,
  median,
  type Options,
  quantile,
  type Section,
  section,
} from './section.ts'

const calls = 5000

/** What a call costs before and after a handler that does nothing: middy, token, log line. */
export async function benchWrappers({ isQuick }: Options): Promise<Section> {
  const child = startChild('wrapper-worker.ts')
  const names = ['bare', 'http', 'queue']
  const p99 = new Map(names.map((name) => [name, [] as number[]]))
  const p50 = new Map(names.map((name) => [name, [] as number[]]))
  for (let round = 0; round <= (isQuick ? 3 : 9); round += 1) {
    for (const name of round % 2 ? names : [...names].reverse()) {
      const runs = await child.call<number[]>('time', name, calls)
      if (round === 0) continue
      p99.get(name)?.push(quantile(runs, 0.99))
      p50.get(name)?.push(median(runs))
    }
  }
  child.stop()
  const bare = p99.get('bare') ?? []
  const lines: Line[] = ['http', 'queue'].map((name) => {
    const added = (p99.get(name) ?? []).map((one, i) => one - (bare[i] ?? 0))
    const typical = figure(median(p50.get(name) ?? []) - median(p50.get('bare') ?? []))
    return {
      what: `${name}(): p99 added to a bare function (p50 ${typical})`,
      unit: 'µs',
      runs: added,
      target: { most: 50 },
    }
  })
  return section('Wrappers around a handler that does nothing', lines, [
    `Each run ${calls.toLocaleString('en-US')} calls; http() checks a caller and writes an etag, queue() takes ten messages; both log a line.`,
  ])
}
