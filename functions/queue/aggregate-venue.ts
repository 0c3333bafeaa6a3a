import { queue } from '../../lib/queue.ts'
import { aggregateVenues } from '../../lib/windows/work.ts'

export const handler = queue(aggregateVenues)
