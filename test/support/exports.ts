import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { SQSBatchResponse } from 'aws-lambda'
import { handler as exports } from '../../functions/http/exports.ts'
import { handler as runExport } from '../../functions/queue/run-export.ts'
import { handler as tend } from '../../functions/schedule/tend-exports.ts'
import type { Role } from '../../lib/access/grants.ts'
import { withTenantJob } from '../../lib/clients/postgres.ts'
import { s3 } from '../../lib/clients/s3.ts'
import type { Export, ExportWhole, Link } from '../../lib/exports/schema.ts'
import { ownQueue } from '../oracle/own-queue.ts'
import { delivery, unique } from './events.ts'
import { call, context } from './service.ts'

export const base = '/v1/venues/{venueId}/exports'

/** A queue of this file's own for exports: nobody else takes what is asked for here. */
export function ownExports() {
  let queue: Awaited<ReturnType<typeof ownQueue>>
  beforeAll(async () => {
    queue = await ownQueue()
    process.env.EXPORTS_QUEUE_URL = queue.url
  })
  afterAll(() => queue.delete())
  return {
    /** Waits for messages that name exports of a venue; all that comes is not seen again. */
    async named(venueId: string, count: number): Promise<string[]> {
      const named: string[] = []
      for (let tries = 0; named.length < count && tries < 300; tries += 1) {
        const messages = await queue.receive(1)
        const bodies = messages.map(({ Body }) => JSON.parse(Body ?? '{}'))
        named.push(...bodies.flatMap((body) => (body.venueId === venueId ? [body.exportId] : [])))
      }
      return named
    },
  }
}

/** Calls a route of the exports as somebody of a venue. */
export function asked(
  venueId: string,
  route: string,
  more: {
    params?: Record<string, string>
    body?: unknown
    query?: Record<string, string>
    headers?: Record<string, string>
    role?: Role
    userId?: string
    /** Instead of a role in the venue. */
    venues?: Record<string, Role>
  } = {},
) {
  const { role = 'manager', userId = 'u-1', params, headers, ...rest } = more
  const { venues = { [venueId]: role }, ...asked } = rest
  return call(exports, route, {
    caller: { venues, userId },
    params: { venueId, ...params },
    // Without a key a write is known by its request, and all of these have one id.
    headers: { 'idempotency-key': unique('k'), ...headers },
    ...asked,
  })
}

/** Asks for an export. */
export async function created(venueId: string, body: object): Promise<Export> {
  const { status, body: told } = await asked(venueId, `POST ${base}`, { body })
  if (status !== 202) throw new Error(`${status}: ${JSON.stringify(told)}`)
  return told as Export
}

/** How far an export is. */
export async function exported(venueId: string, exportId: string): Promise<ExportWhole> {
  const { status, body } = await asked(venueId, `GET ${base}/{exportId}`, { params: { exportId } })
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
  return body as ExportWhole
}

/** Hands the worker a message that names an export; returns what it wants again. */
export async function run(venueId: string, exportId: string): Promise<string[]> {
  const told = (await runExport(delivery({ venueId, exportId }), context)) as SQSBatchResponse
  return told.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

/** Has the clock look after all exports. */
export async function tended(): Promise<void> {
  await tend({} as never, context)
}

/** The link to a file. */
export async function linkOf(venueId: string, exportId: string): Promise<Link> {
  const route = `POST ${base}/{exportId}/download`
  const { status, body } = await asked(venueId, route, { params: { exportId } })
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
  return body as Link
}

/** The bytes of a file. */
export async function download(venueId: string, exportId: string): Promise<Buffer> {
  const { url } = await linkOf(venueId, exportId)
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** Asks for an export and has it written; what is told of it then. */
export async function written(venueId: string, body: object): Promise<ExportWhole> {
  const { id } = await created(venueId, body)
  await run(venueId, id)
  return exported(venueId, id)
}

/** The keys of the objects of a venue's exports, or of one. */
export async function objectsOf(venueId: string, exportId = ''): Promise<string[]> {
  const Prefix = `venues/${venueId}/exports/${exportId}`
  const list = new ListObjectsV2Command({ Bucket: process.env.EXPORTS_BUCKET, Prefix })
  const { Contents = [] } = await s3().send(list)
  return Contents.map(({ Key = '' }) => Key)
}

type Row = {
  status: string
  objectKey: string | null
  uploadId: string | null
  leftovers: { key: string; uploadId: string | null }[]
  claims: number
  failures: number
  claimId: string | null
  progress: number
}

/** The row of an export as it is kept; undefined where there is none any more. */
export async function rowOf(venueId: string, exportId: string): Promise<Row | undefined> {
  const [row] = await withTenantJob(
    venueId,
    (tx) => tx<Row[]>`
      select status, object_key, upload_id, leftovers, claims, failures, claim_id, progress
        from exports
       where venue_id = ${venueId} and export_id = ${exportId}::text::uuid`,
  )
  return row
}

/** Moves every clock of a venue's exports: a lease, a delay or seven days are over at once. */
export const hurry = (venueId: string, by: '1 minute' | '8 days' = '1 minute') =>
  withTenantJob(
    venueId,
    (tx) => tx`
      update exports
         set claimed_until = claimed_until - ${by}::text::interval,
             due_at = due_at - ${by}::text::interval,
             expires_at = expires_at - ${by}::text::interval
       where venue_id = ${venueId}`,
  )

/** Repeats what a venue has in its ledger, so that a file of it has some megabytes. */
export const fill = (venueId: string, rows: number) =>
  withTenantJob(
    venueId,
    (tx) => tx`
      insert into ledger (venue_id, event_id, order_id, customer_ref, series_id, occurred_at,
                          recorded_at, tickets_sold, gross_revenue)
      select l.venue_id, md5(n::text), repeat(md5(n::text), 10), l.customer_ref, l.series_id,
             l.occurred_at, l.recorded_at, 2, 9100
        from (select * from ledger where tickets_sold is not null limit 1) l
       cross join generate_series(1, ${rows}::int) n`,
  )
