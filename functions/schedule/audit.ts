import { fanOutAudits } from '../../lib/audit/fan-out.ts'
import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule((now) => recorded('audit', 'clock', () => fanOutAudits(now)))
