import type { APIGatewayProxyEvent } from 'aws-lambda'
import { acceptedProtocol } from '../../lib/socket.ts'

/** The authorizer has let the client in; what it may see is decided when it asks. */
export async function handler(event: Pick<APIGatewayProxyEvent, 'headers'>) {
  return { statusCode: 200, headers: acceptedProtocol(event.headers ?? {}) }
}
