import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { config } from '../config.ts'

let client: ApiGatewayManagementApiClient | undefined

/** The client that posts to open sockets; no repetitions, who posts decides about those. */
export function sockets(): ApiGatewayManagementApiClient {
  client ??= new ApiGatewayManagementApiClient({
    endpoint: config('sockets').WEBSOCKET_ENDPOINT,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  })
  return client
}
