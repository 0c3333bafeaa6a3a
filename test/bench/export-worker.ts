/** A process that asks for exports, downloads them, and writes them with nothing around it. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { handler } from '../../functions/http/exports.ts'
import { streamTenant, withTenant } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { config } from '../../lib/config.ts'
import type { Format } from '../../lib/exports/catalogue.ts'
import { contentTypeOf, endingOf } from '../../lib/exports/file.ts'
import { exportTypes } from '../../lib/exports/files/all.ts'
import { removeObject } from '../../lib/exports/object-removal.ts'
import { keyOf } from '../../lib/exports/object-store.ts'
import { writeObject } from '../../lib/exports/object-writing.ts'
import { csvSelect } from '../../lib/exports/render.ts'
import { watched } from '../../lib/exports/run.ts'
import type { Export, ExportWhole, Link } from '../../lib/exports/schema.ts'
import { listExports } from '../../lib/exports/store.ts'
import { bytesOf, type Plan, readWhole } from '../../lib/exports/write.ts'
import { serve } from './children.ts'
import { context, requestOf } from './gateway.ts'

export type Kind = { name: string; format: Format; gzip: boolean }
type Wanted = { venueId: string; kind: Kind; from: string; to: string; asOf: string }
/** What came: `lines` and `plain`, the hash, are of what it is unpacked. */
export type File = { rows: number; bytes: number; lines: number; plain: string }
export type Rate = { rows: number; seconds: number }

const base = '/v1/venues/{venueId}/exports'

async function call<T>(
  route: string,
  params: { venueId: string; exportId?: string },
  body?: object,
) {
  const request = requestOf(route, params, undefined, { role: 'manager', ...(body && { body }) })
  // What is asked once for each id of a call is another export with the next.
  const own = { ...context, awsRequestId: crypto.randomUUID() }
  const answer = (await handler(request as never, own)) as APIGatewayProxyStructuredResultV2
  if ((answer.statusCode ?? 500) >= 400) throw new Error(`${answer.statusCode}: ${answer.body}`)
  return JSON.parse(answer.body ?? '') as T
}

/** Asks for the order lines; returns the export's id and the message that names it to a worker. */
async function ask({ venueId, kind: { format, gzip }, from, to, asOf }: Wanted) {
  const body = { type: 'order-lines', format, from, to, asOf, options: { gzip } }
  const { id } = await call<Export>(`POST ${base}`, { venueId }, body)
  const { Messages = [] } = await sqs().send(
    new ReceiveMessageCommand({
      QueueUrl: config('exports').EXPORTS_QUEUE_URL,
      MaxNumberOfMessages: 1,
      WaitTimeSeconds: 5,
    }),
  )
  return { exportId: id, message: Messages[0]?.Body ?? '' }
}

/** Downloads a file by its link; throws unless it is what the export says it is. */
async function download(venueId: string, exportId: string): Promise<File> {
  const one = await call<ExportWhole>(`GET ${base}/{exportId}`, { venueId, exportId })
  if (one.status !== 'completed') throw new Error(`the export is ${one.status}`)
  const { url } = await call<Link>(`POST ${base}/{exportId}/download`, { venueId, exportId })
  const answer = await fetch(url)
  if (!answer.ok || !answer.body) throw new Error(`${answer.status}: ${await answer.text()}`)
  const [packed, plain] = [createHash('sha256'), createHash('sha256')]
  let [bytes, lines] = [0, 0]
  async function* received(): AsyncGenerator<Uint8Array> {
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
      packed.update(piece)
      bytes += piece.length
      yield piece
    }
  }
  const source = Readable.from(received(), { objectMode: false })
  const isPacked = answer.headers.get('content-type') === 'application/gzip'
  for await (const piece of isPacked ? source.pipe(createGunzip()) : source) {
    plain.update(piece)
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines += 1
  }
  if (packed.digest('hex') !== one.sha256 || bytes !== one.bytes) {
    throw new Error(`the file has ${bytes} bytes of ${one.bytes}, or others than were written`)
  }
  return { rows: one.rows ?? 0, bytes, lines, plain: plain.digest('hex') }
}

async function planOf(venueId: string, exportId: string): Promise<Plan> {
  const [found] = await withTenant(venueId, (tx) =>
    listExports(tx, venueId, { id: exportId }, { after: null, limit: 1 }),
  )
  const type = exportTypes.get(found?.item.type ?? '')
  if (!found || !type) throw new Error(`there is no export ${exportId}`)
  const { question, asOf, format } = found.item
  return { type, question, asOf, format }
}

/** Writes the file of an export once more, from its first row to the whole object, and removes it. */
async function write(venueId: string, exportId: string): Promise<Rate> {
  const plan = await planOf(venueId, exportId)
  const key = keyOf(venueId, exportId, crypto.randomUUID(), endingOf({ ...plan, type: '' }))
  const { signal } = new AbortController()
  const rate = await streamTenant(venueId, signal, async (tx) => {
    const whole = await readWhole(tx, plan)
    let rows = 0
    const startedAt = performance.now()
    const bytes = bytesOf(tx, plan, whole, (more) => {
      rows += more
    })
    const hashed = watched(bytes, createHash('sha256'), { bytes: 0 })
    await writeObject({ key, contentType: contentTypeOf(plan) }, hashed, signal, async () => {})
    return { rows, seconds: (performance.now() - startedAt) / 1000 }
  })
  await removeObject({ key, uploadId: null })
  return rate
}

/** The same select as CSV, read and thrown away. */
async function read(venueId: string, exportId: string): Promise<Rate> {
  const plan = await planOf(venueId, exportId)
  return streamTenant(venueId, new AbortController().signal, async (tx) => {
    await readWhole(tx, plan)
    let rows = 0
    const startedAt = performance.now()
    const select = csvSelect(plan.type, { decimal: '.' })
    const stream: Readable = await tx
      .unsafe(`copy (${select}) to stdout with (format csv)`)
      .readable()
    await new Promise((resolve, reject) => {
      stream.on('data', () => {
        rows += 1
      })
      stream.on('end', resolve)
      stream.on('error', reject)
    })
    return { rows, seconds: (performance.now() - startedAt) / 1000 }
  })
}

serve({ ask, download, write, read })
