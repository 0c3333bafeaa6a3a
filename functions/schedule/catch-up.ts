import { catchUp } from '../../lib/operations/catch-up.ts'
import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule(() => recorded('catch-up', 'clock', catchUp))
