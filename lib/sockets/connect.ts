import { callerOfToken } from '../access/token.ts'
import { withoutTenant } from '../clients/postgres.ts'
import { type Headers, headerOf } from '../headers.ts'
import { insertConnection } from './store.ts'
import { callerOfTicket } from './ticket.ts'

/** What a client connects with, and the status that it is answered with. */
export async function openConnection(
  connectionId: string,
  { headers, ticket }: { headers: Headers; ticket: string | undefined },
): Promise<200 | 401 | 429> {
  const token = offeredToken(headers)
  const caller = ticket
    ? await callerOfTicket(ticket)
    : token
      ? await callerOfToken(token)
      : undefined
  if (!caller || caller.expiresAt <= Date.now()) return 401
  if (Object.keys(caller.venues).length === 0) return 401
  const isOpen = await withoutTenant((tx) => insertConnection(tx, connectionId, caller))
  return isOpen ? 200 : 429
}

/** The token that a client offers as a subprotocol, because browsers can set no header. */
function offeredToken(headers: Headers): string | undefined {
  const [scheme, token] = subprotocols(headers)
  return scheme === 'bearer' ? token : undefined
}

/** The headers of an accepted handshake: the subprotocol is named again, the token is not. */
export const acceptedProtocol = (headers: Headers): Record<string, string> =>
  subprotocols(headers)[0] === 'bearer' ? { 'Sec-WebSocket-Protocol': 'bearer' } : {}

function subprotocols(headers: Headers): string[] {
  const offered = headerOf(headers, 'sec-websocket-protocol') ?? ''
  return offered.split(',').map((part) => part.trim())
}
