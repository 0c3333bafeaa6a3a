import { tendMessages } from '../../lib/messages/tend.ts'
import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule(() => recorded('tend-messages', 'clock', tendMessages))
