import { waitFor } from './wait.ts'

const patienceMs = 180_000

/**
 * Measures how long after each kill nothing is counted: from the server answering again to the
 * first transaction that has come to its commit.
 */
export function recoveryOf(killPostgres: () => Promise<void>) {
  let backAt: number | undefined
  let longestMs = 0
  return {
    commits() {
      if (backAt === undefined) return
      longestMs = Math.max(longestMs, Date.now() - backAt)
      backAt = undefined
    },
    async kill() {
      await killPostgres()
      backAt = Date.now()
      await waitFor('something is counted again', patienceMs, () => backAt === undefined)
    },
    longestMs: () => longestMs,
  }
}
