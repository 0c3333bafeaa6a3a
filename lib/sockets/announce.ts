import { type MessageAttributeValue, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { traceAttribute } from '../message-attributes.ts'
import { currentScope, isTrace, traceparentOf } from '../trace.ts'
import { channelOf, isComputed, userScope } from './channel.ts'
import { maxFrameBytes } from './frame.ts'

/** A message of the broadcast queue: that a venue, or a person, has something to tell. */
export type Announcement = {
  venueId: string
  /** Told by the clock: looked at though no count has asked for it. */
  isByClock?: true
  item?: { channel: string; data: string; at: string }
}

type Outgoing = { body: Announcement; delaySeconds: number }

const batchSize = 10

/**
 * Announces on a channel of a venue that others fill (alerts, dashboard, widget, export): `data` is
 * the whole of what it says from now on. Of several within a second only the last is told. Throws
 * StoreUnavailable('queue').
 */
export async function announce(venueId: string, name: string, data: unknown): Promise<void> {
  const channel = channelOf(name)
  if (!channel || isComputed(channel) || channel.scope !== venueId) {
    throw new Error(`${name} is no channel that ${venueId} announces on`)
  }
  await send([{ body: { venueId, item: itemOf(name, data) }, delaySeconds: 0 }])
}

/** As announce, on the channel of a person. */
export async function announceUser(userId: string, data: unknown): Promise<void> {
  const scope = userScope(userId)
  await send([{ body: { venueId: scope, item: itemOf(scope, data) }, delaySeconds: 0 }])
}

/**
 * Announces venues in which something was counted. Never throws: no number waits for a socket, and
 * what is lost here is told by the clock.
 */
export async function announceCounted(
  venues: { venueId: string; delaySeconds: number }[],
): Promise<void> {
  const messages = venues.map(({ venueId, delaySeconds }) => ({ body: { venueId }, delaySeconds }))
  await send(messages).catch((error: unknown) => {
    log('warn', 'sockets are told by the clock', describeFault(error))
  })
}

/** Has venues looked at because time has passed. Throws StoreUnavailable('queue'). */
export const announceByClock = (venueIds: string[], delaySeconds = 0): Promise<void> =>
  send(venueIds.map((venueId) => ({ body: { venueId, isByClock: true }, delaySeconds })))

// Larger than a frame may be it would be left out there; here it might not fit the queue.
function itemOf(channel: string, data: unknown) {
  const text = JSON.stringify(data)
  const bytes = Buffer.byteLength(text)
  const told = bytes < maxFrameBytes ? text : JSON.stringify({ code: 'too_large', bytes })
  return { channel, data: told, at: new Date().toISOString() }
}

async function send(messages: Outgoing[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(messages.length / batchSize) }, (_, i) =>
    messages.slice(i * batchSize, (i + 1) * batchSize),
  )
  await Promise.all(batches.map(sendBatch))
}

async function sendBatch(messages: Outgoing[]): Promise<void> {
  const traceId = currentScope()?.traceId
  const attributes: Record<string, MessageAttributeValue> = isTrace(traceId)
    ? { [traceAttribute]: { DataType: 'String', StringValue: traceparentOf(traceId) } }
    : {}
  const command = new SendMessageBatchCommand({
    QueueUrl: config('broadcast').BROADCAST_QUEUE_URL,
    Entries: messages.map(({ body, delaySeconds }, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(body),
      DelaySeconds: delaySeconds,
      MessageAttributes: attributes,
    })),
  })
  const { Failed: failed = [] } = await sqs()
    .send(command)
    .catch((error: unknown) => {
      throw new StoreUnavailable('queue', error)
    })
  const [first] = failed
  if (first) throw new StoreUnavailable('queue', new Error(first.Message ?? first.Code))
}
