import { socket } from '../../lib/socket.ts'
import { closeConnection } from '../../lib/sockets/connections.ts'

export const handler = socket(async ({ connectionId }) => {
  await closeConnection(connectionId)
  return { statusCode: 200 }
})
