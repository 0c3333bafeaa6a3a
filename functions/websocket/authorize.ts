import type {
  APIGatewayAuthorizerResult,
  APIGatewayRequestAuthorizerEvent,
  Context,
} from 'aws-lambda'
import { callerOfToken } from '../../lib/access/token.ts'
import { describeFault, log } from '../../lib/log.ts'
import { offeredToken } from '../../lib/socket.ts'
import { inTrace, traceOfHeaders } from '../../lib/trace.ts'

/** Lets a socket connect with a good token in the subprotocol `bearer, <jwt>`. */
export const handler = (event: APIGatewayRequestAuthorizerEvent, context: Partial<Context> = {}) =>
  inTrace(traceOfHeaders(event.headers), context, () => authorize(event))

async function authorize(
  event: APIGatewayRequestAuthorizerEvent,
): Promise<APIGatewayAuthorizerResult> {
  const token = offeredToken(event.headers ?? {})
  const caller = token ? await callerOfToken(token).catch(unavailable) : undefined
  return {
    principalId: caller?.userId ?? 'nobody',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: caller ? 'Allow' : 'Deny',
          Resource: event.methodArn,
        },
      ],
    },
    context: { caller: caller ? JSON.stringify(caller) : '' },
  }
}

function unavailable(error: unknown): undefined {
  log('error', 'keys unavailable', describeFault(error))
}
