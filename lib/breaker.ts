import { within } from './deadline.ts'
import type { StoreName } from './errors.ts'
import { describeFault, log } from './log.ts'

const restMs = 5000

/**
 * The way to a store that no number waits for. Each piece of work gets `deadlineMs`; after a
 * failure the store rests for five seconds, in which work is turned away at once, so that a slow
 * store costs one batch its deadline and those behind it nothing. Resolves to the work's value in
 * an object, or to null when the store did not take it; `otherwise` tells the log what happens then.
 */
export function breaker(store: StoreName, deadlineMs: number | (() => number), otherwise: string) {
  let restsUntil = 0
  return async <T>(work: () => Promise<T>): Promise<{ value: T } | null> => {
    if (performance.now() < restsUntil) return null
    try {
      const ms = typeof deadlineMs === 'number' ? deadlineMs : deadlineMs()
      return { value: await within(ms, work()) }
    } catch (error) {
      restsUntil = performance.now() + restMs
      log('warn', otherwise, { store, restMs, ...describeFault(error) })
      return null
    }
  }
}
