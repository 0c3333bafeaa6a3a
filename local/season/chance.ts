/** Chance that repeats: the same names give the same draws on every machine. */
export type Chance = ReturnType<typeof chanceOf>

/** The draws of a seed and the names of what is drawn for. Shares are from 0 to 1. */
export function chanceOf(...names: (string | number)[]) {
  const real = realsOf(hashOf(names.join('/')))
  /** A whole number from 0 to below `limit`. */
  const below = (limit: number): number => Math.floor(real() * limit)
  const between = (least: number, most: number): number => least + below(most - least + 1)
  const isHit = (share: number): boolean => real() < share
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T
  /** One of the names, by its weight. */
  const weighed = <K extends string>(weights: Record<K, number>): K => {
    const entries = Object.entries(weights) as [K, number][]
    let left = real() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    return (entries.at(-1) as [K, number])[0]
  }
  /** Around `mean`, as the sum of twelve draws is: never further off than six deviations. */
  const around = (mean: number, deviation: number): number => {
    let sum = -6
    for (let i = 0; i < 12; i += 1) sum += real()
    return mean + sum * deviation
  }
  /** A waiting time whose mean is `mean`. */
  const wait = (mean: number): number => -Math.log(1 - real()) * mean
  /** How often something happens that is expected `mean` times. */
  const times = (mean: number): number => {
    if (mean > 30) return Math.max(0, Math.round(around(mean, Math.sqrt(mean))))
    let count = -1
    for (let left = 1; left > Math.exp(-mean); left *= real()) count += 1
    return Math.max(0, count)
  }
  return { real, below, between, isHit, pick, weighed, around, wait, times }
}

/** Numbers from 0 to below 1 (mulberry32). */
export function realsOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

// FNV-1a, 32 bits.
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  return hash >>> 0
}
