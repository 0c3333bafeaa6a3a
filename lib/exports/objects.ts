import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { s3 } from '../clients/s3.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'

// S3 takes 10,000 parts of 5 MB or more. Three are in memory: two on their way, one being filled.
const partBytes = 8 * 1024 * 1024
const partsAtOnce = 2
/** No link to a file opens it for longer. */
export const linkSeconds = 15 * 60

/** The key of what a claim writes. All of its parts are ids of ours: no text of a caller is in it. */
export const keyOf = (venueId: string, exportId: string, claimId: string, ending: string): string =>
  `venues/${venueId}/exports/${exportId}/${claimId}.${ending}`

/** An object that a claim may have left behind, whole or in parts. */
export type Leftover = { key: string; uploadId: string | null }

/**
 * Writes an object in parts as its bytes come; returns how many bytes it has. It is there whole or
 * not at all. `begun` is told of the upload before its first part: whoever dies after it leaves
 * parts behind that only this id removes. Throws what `bytes` throws, the reason of the signal, or
 * StoreUnavailable('objects').
 */
export async function writeObject(
  { key, contentType }: { key: string; contentType: string },
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  begun: (uploadId: string) => Promise<void>,
): Promise<number> {
  const place = { Bucket: config('objects').EXPORTS_BUCKET, Key: key }
  const parts = partsOf(bytes)
  const first = await parts.next()
  const body = first.done ? Buffer.alloc(0) : first.value
  const second = await parts.next()
  if (second.done) {
    const whole = new PutObjectCommand({ ...place, ContentType: contentType, Body: body })
    await asked((client) => client.send(whole, { abortSignal: signal }), signal)
    return checked(place, body.length, signal)
  }
  const create = new CreateMultipartUploadCommand({ ...place, ContentType: contentType })
  const { UploadId } = await asked((client) => client.send(create), signal)
  const upload = { ...place, UploadId }
  try {
    await begun(UploadId ?? '')
    const { Parts, size } = await sendParts(upload, [body, second.value], parts, signal)
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
    await asked((client) => client.send(complete), signal)
    return await checked(place, size, signal)
  } catch (error) {
    await removeObject({ key, uploadId: UploadId ?? null }).catch(() => {})
    throw error
  }
}

type Place = { Bucket: string; Key: string; UploadId: string | undefined }

async function sendParts(
  upload: Place,
  begun: Buffer[],
  rest: AsyncGenerator<Buffer>,
  signal: AbortSignal,
) {
  const sent: Promise<{ PartNumber: number; ETag: string | undefined }>[] = []
  let size = 0
  const send = (Body: Buffer) => {
    const PartNumber = sent.length + 1
    size += Body.length
    const part = new UploadPartCommand({ ...upload, PartNumber, Body })
    const sending = asked((client) => client.send(part, { abortSignal: signal }), signal)
    sending.catch(() => {}) // awaited below, perhaps after another has failed
    sent.push(sending.then(({ ETag }) => ({ PartNumber, ETag })))
    sent.at(-1)?.catch(() => {})
  }
  for (const body of begun) send(body)
  for await (const body of rest) {
    send(body)
    // No more than so many parts are in memory: the rows wait for the slowest of them.
    await sent[sent.length - 1 - partsAtOnce]
  }
  return { Parts: await Promise.all(sent), size }
}

async function* partsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let [part, used] = [Buffer.allocUnsafe(partBytes), 0]
  for await (const piece of bytes) {
    let rest = piece
    while (used + rest.length > partBytes) {
      part.set(rest.subarray(0, partBytes - used), used)
      rest = rest.subarray(partBytes - used)
      yield part
      ;[part, used] = [Buffer.allocUnsafe(partBytes), 0]
    }
    part.set(rest, used)
    used += rest.length
  }
  if (used > 0) yield part.subarray(0, used)
}

// What the store says it has, not what was sent.
async function checked(place: { Bucket: string; Key: string }, size: number, signal: AbortSignal) {
  const head = new HeadObjectCommand(place)
  const { ContentLength } = await asked((client) => client.send(head), signal)
  if (ContentLength === size) return size
  const short = new Error(`the object has ${ContentLength} bytes of ${size}`)
  throw new StoreUnavailable('objects', short)
}

async function asked<T>(ask: (client: S3Client) => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal?.aborted) throw signal.reason
  try {
    return await ask(s3())
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw new StoreUnavailable('objects', error)
  }
}

/** Removes an object, its parts too; one that is not there is removed already. */
export async function removeObject({ key, uploadId }: Leftover): Promise<void> {
  const place = { Bucket: config('objects').EXPORTS_BUCKET, Key: key }
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

/** A link to an object that opens it for a while, as a file of that name. */
export function linkTo(key: string, disposition: string, contentType: string): Promise<string> {
  const read = new GetObjectCommand({
    Bucket: config('objects').EXPORTS_BUCKET,
    Key: key,
    ResponseContentDisposition: disposition,
    ResponseContentType: contentType,
  })
  return getSignedUrl(s3(), read, { expiresIn: linkSeconds })
}
