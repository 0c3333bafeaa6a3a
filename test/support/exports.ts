import type { SQSBatchResponse } from 'aws-lambda'
import { handler as exports } from '../../functions/http/exports.ts'
import { handler as runExport } from '../../functions/queue/run-export.ts'
import type { Role } from '../../lib/access/grants.ts'
import type { Export, ExportWhole, Link } from '../../lib/exports/schema.ts'
import { ownQueue } from '../oracle/own-queue.ts'
import { delivery } from './events.ts'
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
  } = {},
) {
  const { role = 'manager', userId = 'u-1', params, ...rest } = more
  return call(exports, route, {
    caller: { venues: { [venueId]: role }, userId },
    params: { venueId, ...params },
    ...rest,
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
