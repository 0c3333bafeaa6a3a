import { checkAlerts } from '../../lib/alerts/check.ts'
import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule((now) => recorded('check-alerts', 'clock', () => checkAlerts(now)))
