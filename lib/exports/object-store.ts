import type { S3Client } from '@aws-sdk/client-s3'
import { s3 } from '../clients/s3.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'

/** The key of what a claim writes. All of its parts are ids of ours: no text of a caller is in it. */
export const keyOf = (venueId: string, exportId: string, claimId: string, ending: string): string =>
  `venues/${venueId}/exports/${exportId}/${claimId}.${ending}`

/** An object that a claim may have left behind, whole or in parts. */
export type Leftover = { key: string; uploadId: string | null }

/** Where an object is. */
export const placeOf = (key: string) => ({ Bucket: config('objects').EXPORTS_BUCKET, Key: key })

/** Asks the store; throws StoreUnavailable('objects'), or the reason of the signal. */
export async function asked<T>(
  ask: (client: S3Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (signal?.aborted) throw signal.reason
  try {
    return await ask(s3())
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw new StoreUnavailable('objects', error)
  }
}
