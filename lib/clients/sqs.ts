import { SQSClient } from '@aws-sdk/client-sqs'

let client: SQSClient | undefined

/**
 * The queue client; address, region and credentials are the environment's, as the SDK reads them.
 * A request gets six seconds and one repetition: a queue that is merely slow has taken it by then.
 */
export function sqs(): SQSClient {
  client ??= new SQSClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 6000, throwOnRequestTimeout: true },
  })
  return client
}
