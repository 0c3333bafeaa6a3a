import { auditVenues } from '../../lib/audit/work.ts'
import { queue } from '../../lib/queue.ts'

export const handler = queue(auditVenues)
