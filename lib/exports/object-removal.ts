import { AbortMultipartUploadCommand, DeleteObjectCommand } from '@aws-sdk/client-s3'
import { asked, type Leftover, placeOf } from './object-store.ts'

/** Removes an object, its parts too; one that is not there is removed already. */
export async function removeObject({ key, uploadId }: Leftover): Promise<void> {
  const place = placeOf(key)
  if (uploadId !== null) {
    const abort = new AbortMultipartUploadCommand({ ...place, UploadId: uploadId })
    await asked((client) => client.send(abort)).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  }
  await asked((client) => client.send(new DeleteObjectCommand(place)))
}

const isGone = (error: unknown): boolean =>
  ((error as Error).cause as { name?: string } | undefined)?.name === 'NoSuchUpload'
