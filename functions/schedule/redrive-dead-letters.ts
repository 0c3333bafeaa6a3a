import { recorded } from '../../lib/operations/history.ts'
import { redrive } from '../../lib/operations/redrive.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule(() => recorded('redrive-dead-letters', 'clock', redrive))
