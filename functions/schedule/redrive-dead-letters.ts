import { redrive } from '../../lib/operations/redrive.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule(redrive)
