import { queue } from '../../lib/queue.ts'
import { broadcast } from '../../lib/sockets/broadcast.ts'

export const handler = queue(broadcast)
