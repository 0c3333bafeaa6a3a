import { SESv2Client } from '@aws-sdk/client-sesv2'

let client: SESv2Client | undefined

/** The mail client; no repetitions: a request that came to no end may have been sent. */
export function ses(): SESv2Client {
  client ??= new SESv2Client({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 2000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    },
  })
  return client
}
