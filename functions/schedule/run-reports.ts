import { recorded } from '../../lib/operations/history.ts'
import { runDueReports } from '../../lib/report-schedules/run-due.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule((now) =>
  recorded('report-schedules', 'clock', () => runDueReports(now)),
)
