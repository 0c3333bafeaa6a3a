import middy from '@middy/core'
import type { APIGatewayProxyWebsocketEventV2, Context } from 'aws-lambda'
import type { Headers } from './headers.ts'
import { describeFault, log } from './log.ts'
import { inTrace, newTrace } from './trace.ts'

/** What the gateway tells of a socket. `headers` and `query` only as it connects. */
export type SocketEvent = {
  connectionId: string
  body: string
  headers: Headers
  query: Record<string, string | undefined>
}
export type SocketAnswer = { statusCode: number; headers?: Record<string, string>; body?: string }

type GatewayEvent = Pick<APIGatewayProxyWebsocketEventV2, 'body' | 'requestContext'> & {
  headers?: Headers
  queryStringParameters?: Record<string, string | undefined> | null
}

/**
 * A function of the socket gateway. The log line names the route and how it went: no token, no ticket
 * and nothing that was said. A fault is a 500, which refuses a socket that connects.
 */
export function socket(work: (event: SocketEvent) => Promise<SocketAnswer>) {
  const handle = async (event: GatewayEvent): Promise<SocketAnswer> => {
    const startedAt = Date.now()
    const { connectionId, routeKey } = event.requestContext
    let answer: SocketAnswer
    let fault = {}
    try {
      answer = await work({
        connectionId,
        body: event.body ?? '',
        headers: event.headers,
        query: event.queryStringParameters ?? {},
      })
    } catch (error) {
      fault = describeFault(error)
      answer = { statusCode: 500 }
    }
    const status = answer.statusCode
    const route = routes.has(routeKey) ? routeKey : '$default'
    const faults = status >= 500 ? 1 : 0
    const told = { route, status, faults, durationMs: Date.now() - startedAt, ...fault }
    log(faults ? 'error' : 'info', 'socket', told, ['durationMs', 'faults'])
    return answer
  }
  return middy<GatewayEvent, SocketAnswer>().handler((event, context) =>
    inTrace(newTrace(), context as Context, () => handle(event)),
  )
}

// The route of a message is what the client calls its action: anything, so it is not repeated.
const routes = new Set(['$connect', '$disconnect', '$default'])
