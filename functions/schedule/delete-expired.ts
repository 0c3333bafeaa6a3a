import { recorded } from '../../lib/operations/history.ts'
import { sweepAll } from '../../lib/retention/nightly.ts'
import { schedule } from '../../lib/schedule.ts'

/** Well within the function's time: the run's end must still be told. */
const mostMs = 13 * 60_000

export const handler = schedule((now) =>
  recorded('retention', 'clock', () =>
    sweepAll(now, { isDryRun: false, endsAt: performance.now() + mostMs }),
  ),
)
