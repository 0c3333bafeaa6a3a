import { runExports } from '../../lib/exports/work.ts'
import { queue } from '../../lib/queue.ts'

export const handler = queue(runExports)
