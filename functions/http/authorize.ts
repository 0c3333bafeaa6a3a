import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda'
import { countRequest } from '../../lib/access/limits.ts'
import { callerOfToken } from '../../lib/access/token.ts'
import { headerOf } from '../../lib/headers.ts'
import { describeFault, log } from '../../lib/log.ts'
import { inTrace, traceOfHeaders } from '../../lib/trace.ts'

/**
 * Says who is asking, and how much of the minute's requests is left; never who may not. Letting a
 * bad token pass without a caller keeps the refusal in the form of the contract (the gateway's own
 * has no problem+json).
 */
export const handler = (
  event: APIGatewayRequestAuthorizerEventV2,
  context: Partial<Context> = {},
) => inTrace(traceOfHeaders(event.headers), context, () => authorize(event))

async function authorize(event: APIGatewayRequestAuthorizerEventV2) {
  const [, token] = /^Bearer +([^ ]+)$/i.exec(headerOf(event.headers, 'authorization') ?? '') ?? []
  try {
    const caller = token ? await callerOfToken(token) : undefined
    if (!token || !caller) return { isAuthorized: true, context: { caller: '' } }
    const { routeKey = '', pathParameters } = event
    const venueId = pathParameters?.venueId ?? ''
    const counted = await countRequest({ token, caller, routeKey, venueId }, new Date())
    return { isAuthorized: true, context: { caller: JSON.stringify(caller), ...counted } }
  } catch (error) {
    log('error', 'keys unavailable', describeFault(error))
    return { isAuthorized: true, context: { caller: '', unavailable: 'keys' } }
  }
}
