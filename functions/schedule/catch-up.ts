import { catchUp } from '../../lib/operations/catch-up.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule(catchUp)
