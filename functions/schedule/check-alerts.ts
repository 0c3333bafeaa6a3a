import { checkAlerts } from '../../lib/alerts/check.ts'
import { recorded } from '../../lib/operations/history.ts'
import { persist } from '../../lib/operations/persist.ts'
import { schedule } from '../../lib/schedule.ts'

// A minute that is missed is not made up for: there are windows of one.
const patience = { pauseMs: 2000, forMs: 40_000 }

export const handler = schedule((now) =>
  persist(() => recorded('check-alerts', 'clock', () => checkAlerts(now)), patience),
)
