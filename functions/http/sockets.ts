import { http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { SocketCounts, socketCounts } from '../../lib/sockets/connections.ts'
import { issueTicket, Ticket } from '../../lib/sockets/ticket.ts'

const routes = {
  'POST /v1/ws/tickets': route(
    {
      access: 'token',
      summary: 'A ticket to open a socket with, once and within a minute',
      response: Ticket,
      status: 201,
      refuses: ['forbidden'],
    },
    ({ caller }) => issueTicket(caller),
  ),

  'GET /v1/ops/ws': route(
    {
      access: 'ops',
      summary: 'How many sockets are open and what they hear',
      response: SocketCounts,
    },
    () => socketCounts(),
  ),
}

export const handler = http(routes, once)
