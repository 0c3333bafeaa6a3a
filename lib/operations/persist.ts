import { StoreUnavailable } from '../errors.ts'

/**
 * Does work again while a store is away, after a pause each time, as long as that may take; then throws
 * what the work threw last. Only for what may be done twice.
 */
export async function persist<T>(
  work: () => Promise<T>,
  { pauseMs, forMs }: { pauseMs: number; forMs: number },
): Promise<T> {
  const endsAt = performance.now() + forMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || performance.now() + pauseMs > endsAt) throw error
    }
    // One try after another is what it is for.
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
