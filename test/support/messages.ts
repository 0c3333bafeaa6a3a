import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SQSBatchResponse } from 'aws-lambda'
import { handler as sendMessage } from '../../functions/queue/send-message.ts'
import { withTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import type { Target } from '../../lib/messages/channel.ts'
import { hintOf, newWebhookSecret } from '../../lib/messages/contact-point.ts'
import { insertContactPoint } from '../../lib/messages/contact-point-store.ts'
import { defaults } from '../../lib/messages/preference-schema.ts'
import { sealTarget } from '../../lib/messages/target.ts'
import type { Locale } from '../../lib/messages/templates.ts'
import { type NewMessage, writeMessage } from '../../lib/messages/write.ts'
import { ownQueue } from '../oracle/own-queue.ts'
import { delivery, unique } from './events.ts'
import { context } from './service.ts'

/** Puts a contact point into a venue, with a target of any kind; returns its id. */
export const addTarget = (
  venueId: string,
  target: Target = { kind: 'email', address: 'box@office.example' },
  more: { userId?: string; perMinute?: number; enabled?: boolean; locale?: Locale } = {},
): Promise<string> =>
  withTenant(venueId, (tx) =>
    insertContactPoint(tx, venueId, {
      ...{ onceId: unique('k'), createdBy: 'u-1', name: 'Box office', locale: 'en' as const },
      ...{ userId: null, perMinute: 60_000, enabled: true, ...more },
      ...{ kind: target.kind, target: sealTarget(venueId, target), hint: hintOf(target) },
    }),
  )

/** Writes a message about a report; returns its id. */
export const written = async (
  venueId: string,
  contactPointId: string,
  more: Partial<NewMessage> = {},
): Promise<string> => {
  const data = { name: 'Sales', dueAt: '2026-06-02T11:00:00Z', exportId: 'x-1' }
  const message = { dedupeKey: unique('d'), template: 'report-ready' as const, data }
  const { ids } = await withTenant(venueId, (tx) =>
    writeMessage(tx, venueId, { ...message, contactPointId, ...more }),
  )
  return ids[0] ?? ''
}

/** Fills a venue with contact points and messages that nobody sends: the last may be deleted. */
export async function addMessages(venueId: string): Promise<void> {
  const [id] = [await addTarget(venueId), await addTarget(venueId)]
  const sent = await written(venueId, id)
  await written(venueId, id)
  await withTenant(venueId, async (tx) => {
    await tx`
      insert into message_templates (venue_id, template, locale, subject, body, updated_by)
      values (${venueId}, 'report-ready', 'de', 'Da: {{name}}', 'Da ist {{name}}.', 'u-1')
          on conflict (venue_id, template, locale) do nothing`
    await tx`
      insert into notification_preferences (user_id, preferences)
      values ('u-9', ${JSON.stringify(defaults)}::text::jsonb)
          on conflict (user_id) do nothing`
    await tx`
      update messages set status = 'dead' where venue_id = ${venueId} and message_id = ${sent}::text::uuid`
  })
  await withJobOf(venueId, sent)
}

/** Messages of a venue that may be tried again; returns their ids. */
export async function deadMessages(venueId: string, count: number): Promise<string[]> {
  const place = await addTarget(venueId)
  const ids: string[] = []
  while (ids.length < count) ids.push(await written(venueId, place))
  await withTenant(
    venueId,
    (tx) => tx`
      update messages set status = 'dead'
       where venue_id = ${venueId} and contact_point_id = ${place}::text::uuid`,
  )
  return ids
}

/** A queue of this file's own for messages. */
export function ownNotifications() {
  let queue: Awaited<ReturnType<typeof ownQueue>>
  beforeAll(async () => {
    queue = await ownQueue()
    process.env.NOTIFICATIONS_QUEUE_URL = queue.url
  })
  afterAll(() => queue.delete())
  return { receive: (count: number) => queue.receive(count) }
}

/** Hands the worker a queue message that names some; returns what it wants again. */
export async function work(venueId: string, ...messageIds: string[]): Promise<string[]> {
  const told = (await sendMessage(delivery({ venueId, messageIds }), context)) as SQSBatchResponse
  return told.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

export type Got = { id: string; body: { type: string; data: Record<string, unknown> } }

/** A receiver of webhooks: what came, by its id, and what it answers. */
export async function serveSink() {
  const state = { status: 200 as number | ((count: number) => number), asked: 0, hang: false }
  const got: Got[] = []
  /** Ids of what was answered well. */
  const taken = new Map<string, number>()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      state.asked += 1
      const id = String(request.headers['webhook-id'])
      got.push({ id, body: JSON.parse(Buffer.concat(pieces).toString()) })
      const status = typeof state.status === 'number' ? state.status : state.status(state.asked)
      if (status < 300) taken.set(id, (taken.get(id) ?? 0) + 1)
      if (state.hang && request.url === '/in') return
      response.writeHead(status, { 'content-type': 'text/plain' }).end('said')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.WEBHOOK_ALLOWED_HOSTS = host
  return {
    state,
    got,
    taken,
    /** Where it leads; a sink that hangs does so on its ordinary path alone. */
    target: (path = '/in'): Target => ({
      kind: 'webhook',
      url: `http://${host}${path}`,
      secret: newWebhookSecret(),
    }),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const withJobOf = (venueId: string, messageId: string) =>
  withTenantJob(
    venueId,
    (tx) => tx`
      insert into message_attempts (venue_id, message_id, attempt, claim_id, outcome)
      values (${venueId}, ${messageId}::text::uuid, 1, gen_random_uuid(), 'permanent')`,
  )
