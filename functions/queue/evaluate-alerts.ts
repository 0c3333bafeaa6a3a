import { evaluateAlerts } from '../../lib/alerts/work.ts'
import { queue } from '../../lib/queue.ts'

export const handler = queue(evaluateAlerts)
