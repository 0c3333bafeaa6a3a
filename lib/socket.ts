import * as z from 'zod'
import { type Headers, headerOf } from './headers.ts'

/** The token that a client offers as a subprotocol, because browsers can set no header. */
export function offeredToken(headers: Headers): string | undefined {
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

const ClientMessage = z.object({
  v: z.literal(1).default(1),
  action: z.string().max(64),
  id: z.string().max(128).optional(),
})

/** The answer to a client's message, as text for the socket. */
export function answerMessage(body: string | undefined, now: Date): string {
  const frame = (type: string, data: object, id?: string) =>
    JSON.stringify({ v: 1, type, ts: now.toISOString(), ...(id && { id }), data })
  const parsed = ClientMessage.safeParse(parseJson(body ?? ''))
  if (!parsed.success) {
    const message = 'A message is JSON with an action'
    return frame('error', { code: 'bad_request', message })
  }
  const { action, id } = parsed.data
  if (action === 'ping') return frame('pong', {}, id)
  return frame('error', { code: 'bad_request', message: 'This action is not known' }, id)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
