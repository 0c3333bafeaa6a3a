import { S3Client } from '@aws-sdk/client-s3'

let client: S3Client | undefined

/** The object client. Path style, because an address of our own has no buckets in its host name. */
export function s3(): S3Client {
  client ??= new S3Client({ maxAttempts: 2, forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL) })
  return client
}
