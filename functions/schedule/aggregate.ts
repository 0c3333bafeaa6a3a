import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'
import { fanOut } from '../../lib/windows/fan-out.ts'

export const handler = schedule(() => recorded('aggregate', 'clock', fanOut))
