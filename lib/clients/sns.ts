import { SNSClient } from '@aws-sdk/client-sns'

let client: SNSClient | undefined

/** The client for phones; no repetitions: a request that came to no end may have been sent. */
export function sns(): SNSClient {
  client ??= new SNSClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 2000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    },
  })
  return client
}
