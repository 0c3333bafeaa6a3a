import { GetObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { s3 } from '../clients/s3.ts'
import { placeOf } from './object-store.ts'

/** No link to a file opens it for longer. */
export const linkSeconds = 15 * 60

/** A link to an object that opens it for a while, as a file of that name. */
export function linkTo(key: string, disposition: string, contentType: string): Promise<string> {
  const read = new GetObjectCommand({
    ...placeOf(key),
    ResponseContentDisposition: disposition,
    ResponseContentType: contentType,
  })
  return getSignedUrl(s3(), read, { expiresIn: linkSeconds })
}
