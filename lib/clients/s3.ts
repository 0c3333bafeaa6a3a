import { S3Client } from '@aws-sdk/client-s3'

let client: S3Client | undefined

/**
 * The object client. Path style, because an address of our own has no buckets in its host name. A
 * request gets 30 seconds, which a part of a file may take, and two repetitions.
 */
export function s3(): S3Client {
  client ??= new S3Client({
    maxAttempts: 3,
    forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL),
    requestHandler: {
      connectionTimeout: 2000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
    },
  })
  return client
}
