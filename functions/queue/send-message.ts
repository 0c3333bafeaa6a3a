import { sendNamed } from '../../lib/messages/work.ts'
import { queue } from '../../lib/queue.ts'

export const handler = queue(sendNamed)
