import { SQSClient } from '@aws-sdk/client-sqs'

let client: SQSClient | undefined

/** The queue client; address, region and credentials are the environment's, as the SDK reads them. */
export function sqs(): SQSClient {
  client ??= new SQSClient({ maxAttempts: 3 })
  return client
}
