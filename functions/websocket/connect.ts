import { socket } from '../../lib/socket.ts'
import { acceptedProtocol, openConnection } from '../../lib/sockets/connect.ts'

/** Lets a client in with a ticket, or a token in the subprotocol; what it may hear is decided when it asks. */
export const handler = socket(async ({ connectionId, headers, query }) => {
  const statusCode = await openConnection(connectionId, { headers, ticket: query.ticket })
  return { statusCode, headers: statusCode === 200 ? acceptedProtocol(headers) : {} }
})
