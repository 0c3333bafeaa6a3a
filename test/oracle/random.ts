import { realsOf } from '../../local/season/chance.ts'

/** Chance that a seed repeats: a failing run can be run again. */
export type Random = ReturnType<typeof randomOf>

/** The numbers of a seed, and what tests draw from them. */
export function randomOf(seed: number) {
  const real = realsOf(seed)
  /** A whole number from 0 to below `limit`. */
  const below = (limit: number): number => Math.floor(real() * limit)
  const between = (least: number, most: number): number => least + below(most - least + 1)
  const chance = (share: number): boolean => real() < share
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T
  const maybe = <T>(share: number, make: () => T): T | undefined =>
    chance(share) ? make() : undefined
  const shuffled = <T>(items: readonly T[]): T[] => {
    const rest = [...items]
    for (let i = rest.length - 1; i > 0; i -= 1) {
      const j = below(i + 1)
      ;[rest[i], rest[j]] = [rest[j] as T, rest[i] as T]
    }
    return rest
  }
  return { real, below, between, chance, pick, maybe, shuffled }
}

/** The seed of this run: SEED of the environment, or a new one; printed, so that it can be given. */
export function seedOfRun(): number {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  process.stderr.write(`seed ${seed} (SEED=${seed} repeats this run)\n`)
  return seed
}
