import { parseJson } from '../body.ts'
import { withoutTenant } from '../clients/postgres.ts'
import { Refusal, StoreUnavailable } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { type Channel, channelOf, mayHear } from './channel.ts'
import { ClientFrame, type ErrorCode, errorText, frameText } from './frame.ts'
import { goodbyeText } from './hand-over.ts'
import { hangUp, post } from './post.ts'
import {
  type Connection,
  countBadAuth,
  deleteConnections,
  readConnection,
  removeChannels,
  renewConnection,
} from './store.ts'
import { subscribe } from './subscribe.ts'
import { callerOfTicket } from './ticket.ts'

/** The gateway passes no longer frame on. */
const maxBytes = 32 * 1024
const maxBadAuths = 3

class Denied extends Error {
  readonly code: ErrorCode
  readonly channel: string | undefined
  constructor(code: ErrorCode, message: string, channel?: string) {
    super(message)
    this.code = code
    this.channel = channel
  }
}

/**
 * Does what a client asks for over its socket, and returns the text of the answer; undefined where all
 * that is to be said has been said. Whatever comes, the answer is a frame and the socket stays, but
 * for one whose token has expired and one that shows three bad tickets.
 */
export async function actOn(
  connectionId: string,
  body: string,
  now: Date,
): Promise<string | undefined> {
  let id: string | undefined
  try {
    const told = readMessage(body)
    id = Id.safeParse(told).data?.id
    const frame = frameOf(told)
    const connection = await withoutTenant((tx) => readConnection(tx, connectionId))
    if (!connection || connection.caller.expiresAt <= now.getTime()) {
      // Its token may be renewed until the last moment, not after it.
      await hangUpOn(connectionId, now)
      return undefined
    }
    return await answer(connection, frame, now)
  } catch (error) {
    const { code, message, channel } = deniedOf(error)
    return errorText(code, message, now, { id, channel })
  }
}

function readMessage(body: string): unknown {
  if (Buffer.byteLength(body) > maxBytes) {
    throw new Denied('bad_request', 'A message has at most 32 KB')
  }
  return parseJson(body)
}

// Also the refusal of a message that is not right names it.
const Id = ClientFrame.pick({ id: true })

function frameOf(told: unknown): ClientFrame {
  const parsed = ClientFrame.safeParse(told)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.')
  const what = field ? `${field}: ${issue?.message}` : 'it must be an object with an action'
  throw new Denied('bad_request', `The message is not right: ${what}`)
}

function deniedOf(error: unknown): Pick<Denied, 'code' | 'message' | 'channel'> {
  if (error instanceof Denied) return error
  if (error instanceof Refusal)
    return { code: 'bad_request', message: error.message, channel: undefined }
  log('error', 'an action failed', describeFault(error))
  if (error instanceof StoreUnavailable) {
    const message = `${error.store} does not answer; the same may be asked again`
    return { code: 'unavailable', message, channel: undefined }
  }
  return { code: 'internal', message: 'This went wrong on our side', channel: undefined }
}

async function answer(
  connection: Connection,
  frame: ClientFrame,
  now: Date,
): Promise<string | undefined> {
  const { connectionId, caller, channels } = connection
  const { id, action } = frame
  const expiresAt = new Date(caller.expiresAt).toISOString()
  const tell = (type: string, data: object) => frameText({ type, id }, JSON.stringify(data), now)
  if (action === 'ping') {
    return tell('pong', { subscriptions: channels.length, authExpiresAt: expiresAt })
  }
  if (action === 'list') return tell('subscriptions', { channels: channels.toSorted() })
  if (action === 'subscribe') return subscribeTo(connection, namesIn(frame), { id }, now)
  if (action === 'resume') {
    const [name, ...others] = namesIn(frame)
    if (!name || others.length > 0 || frame.fromSeq === undefined) {
      throw new Denied('bad_request', 'resume names one channel and fromSeq')
    }
    return subscribeTo(connection, [name], { id, fromSeq: frame.fromSeq }, now)
  }
  if (action === 'unsubscribe') {
    const names = namesIn(frame)
    await withoutTenant((tx) => removeChannels(tx, connectionId, names))
    return tell('unsubscribed', { channels: names })
  }
  if (action === 'refresh_auth') return refreshAuth(connection, frame, now)
  throw new Denied('bad_request', 'This action is not known')
}

function namesIn({ channel, channels = [] }: ClientFrame): string[] {
  const names = [...new Set([...(channel === undefined ? [] : [channel]), ...channels])]
  if (names.length === 0) throw new Denied('bad_request', 'The message names no channel')
  return names
}

// Each channel has an answer of its own: one that may not be heard keeps none of the others away.
async function subscribeTo(
  connection: Connection,
  names: string[],
  about: { id: string | undefined; fromSeq?: number },
  now: Date,
): Promise<undefined> {
  const { connectionId, caller } = connection
  const allowed: Channel[] = []
  const refuse = async (code: ErrorCode, message: string, channel: string) => {
    await post(connectionId, errorText(code, message, now, { id: about.id, channel }))
  }
  // One after the other: a socket is told in the order that it asked in.
  for (const name of names) {
    const channel = channelOf(name)
    if (!channel) await refuse('unknown_channel', 'There is no such channel', name)
    else if (!mayHear(caller, channel)) {
      await refuse('forbidden_channel', 'This channel is not yours to hear', name)
    } else allowed.push(channel)
  }
  const byScope = Map.groupBy(allowed, ({ scope }) => scope)
  // Venue after venue: each has a lock and a transaction of its own.
  for (const channels of byScope.values()) {
    if (await subscribe(connection, { channels, ...about })) continue
    for (const { name } of channels) {
      await refuse('too_many_subscriptions', 'A socket listens to at most 100 channels', name)
    }
  }
  return undefined
}

async function refreshAuth(
  { connectionId, caller, channels }: Connection,
  { id, ticket }: ClientFrame,
  now: Date,
): Promise<string> {
  const next = ticket === undefined ? undefined : await callerOfTicket(ticket)
  if (next?.userId !== caller.userId || next.expiresAt <= now.getTime()) {
    const bad = await withoutTenant((tx) => countBadAuth(tx, connectionId))
    if (bad >= maxBadAuths) await hangUpOn(connectionId, now, 'unauthorized')
    throw new Denied('unauthorized', 'The ticket is not good, or not of the same person')
  }
  // What the new token does not allow is heard no more.
  const lost = channels.filter((name) => {
    const channel = channelOf(name)
    return !channel || !mayHear(next, channel)
  })
  await withoutTenant(async (tx) => {
    await renewConnection(tx, connectionId, next)
    if (lost.length > 0) await removeChannels(tx, connectionId, lost)
  })
  const data = { expiresAt: new Date(next.expiresAt).toISOString(), unsubscribed: lost }
  return frameText({ type: 'auth_ok', id }, JSON.stringify(data), now)
}

async function hangUpOn(connectionId: string, now: Date, reason = 'expired'): Promise<void> {
  await post(connectionId, goodbyeText(reason, now))
  await withoutTenant((tx) => deleteConnections(tx, [connectionId]))
  await hangUp(connectionId)
}
