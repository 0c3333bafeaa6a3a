import { socket } from '../../lib/socket.ts'
import { actOn } from '../../lib/sockets/act.ts'

/** The route has a response: what is returned goes back over the socket. */
export const handler = socket(async ({ connectionId, body }) => {
  const answer = await actOn(connectionId, body, new Date())
  return { statusCode: 200, ...(answer !== undefined && { body: answer }) }
})
