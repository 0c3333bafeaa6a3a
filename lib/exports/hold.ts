import { withTenantJob } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { announce } from '../sockets/announce.ts'
import { holdClaim, type Step } from './claims.ts'
import { channelOf } from './tell.ts'

/** How long a claim holds without a beat: after it another worker may take the export. */
export const leaseSeconds = 30
const beatMs = 2000

/** The export is no longer this worker's: cancelled, deleted, or taken by another. */
export class Lost extends Error {}

/** The function would be ended before the file is. */
export class OutOfTime extends Error {}

export type Holding = {
  /** Ends when the claim does. */
  signal: AbortSignal
  /** Says how far the work is; kept and announced with the next beat. */
  told: (step: Step) => void
  /** Keeps something at once; throws when the claim is over. */
  note: (step: Step) => Promise<void>
  stop: () => void
}

/**
 * Holds a claim by a beat every two seconds until `endsAt` (by performance.now()). A database that
 * is away does not end it at once; a lease that has run out does, because then another may write.
 */
export function holding(
  work: { venueId: string; exportId: string; claimId: string },
  endsAt: number,
): Holding {
  const ending = new AbortController()
  let step: Step = {}
  let announced = -1
  let heldUntil = performance.now() + leaseSeconds * 1000
  const hold = async (more: Step) => {
    const until = performance.now() + leaseSeconds * 1000
    const progress = await withTenantJob(work.venueId, (tx) =>
      holdClaim(tx, work.venueId, { ...work, leaseSeconds }, more),
    )
    if (progress === undefined) ending.abort(new Lost())
    heldUntil = until
    return progress
  }
  const beat = async () => {
    if (performance.now() > endsAt) return ending.abort(new OutOfTime())
    if (performance.now() > heldUntil) return ending.abort(new Lost())
    const { rows = null, bytes = null } = step
    try {
      const progress = await hold(step)
      // Nothing is said of a claim after its end.
      if (progress === undefined || progress === announced || isStopped) return
      announced = progress
      const state = { id: work.exportId, status: 'running', progress, rows, bytes }
      await announce(work.venueId, channelOf(work.venueId, work.exportId), state)
    } catch (error) {
      log('warn', 'a beat of an export is lost', { venue: work.venueId, ...describeFault(error) })
    }
  }
  let isStopped = false
  let timer: NodeJS.Timeout
  // One beat after the other, however long one takes.
  const next = () => {
    timer = setTimeout(
      () => beat().finally(() => !ending.signal.aborted && !isStopped && next()),
      beatMs,
    )
  }
  next()
  return {
    signal: ending.signal,
    told: (more) => {
      step = { ...step, ...more }
    },
    note: async (more) => {
      await hold(more)
      if (ending.signal.aborted) throw ending.signal.reason
    },
    stop: () => {
      clearTimeout(timer)
      isStopped = true
    },
  }
}
