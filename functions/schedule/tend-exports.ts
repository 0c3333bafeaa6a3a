import { tendExports } from '../../lib/exports/tend.ts'
import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule(() => recorded('tend-exports', 'clock', tendExports))
