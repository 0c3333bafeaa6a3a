import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'
import { tendSockets } from '../../lib/sockets/tend.ts'

export const handler = schedule(() => recorded('tend-sockets', 'clock', tendSockets))
