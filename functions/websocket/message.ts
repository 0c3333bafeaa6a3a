import type { APIGatewayProxyEvent } from 'aws-lambda'
import { answerMessage } from '../../lib/socket.ts'

/** The route has a response: what is returned goes back over the socket. */
export const handler = async (event: Pick<APIGatewayProxyEvent, 'body'>) => ({
  statusCode: 200,
  body: answerMessage(event.body ?? undefined, new Date()),
})
