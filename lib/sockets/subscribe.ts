import { type Tx, withTenant } from '../clients/postgres.ts'
import { announceByClock } from './announce.ts'
import { type Channel, isComputed } from './channel.ts'
import {
  insertSubscriptions,
  lockChannels,
  markTold,
  readStates,
  type Told,
  watchedAmong,
  writeStates,
} from './channel-store.ts'
import { frameText } from './frame.ts'
import { resyncText } from './hand-over.ts'
import { post } from './post.ts'
import { statesOf } from './states.ts'
import { addChannels, type Connection } from './store.ts'
import { missedSince } from './stream.ts'

type Asked = {
  /** Of one venue, or of the person. */
  channels: Channel[]
  id: string | undefined
  /** The last change that the socket has, where it comes back. */
  fromSeq?: number | undefined
}

/** While the lock was waited for, the last other socket of a channel went away. */
class Unwatched extends Error {}

/**
 * Subscribes a socket to channels of one venue that it may hear, and tells it what they say before any
 * change of that can reach it. Returns false where it would listen to more than a hundred.
 */
export async function subscribe(connection: Connection, asked: Asked): Promise<boolean> {
  const [first] = asked.channels
  if (!first) return true
  const venueId = first.scope
  const names = asked.channels.map(({ name }) => name)
  const watched = await withTenant(venueId, (tx) => watchedAmong(tx, venueId, names))
  const isShared = watched.size === names.length
  if (isShared) {
    try {
      return await subscribeUnder('shared', connection, venueId, asked)
    } catch (error) {
      if (!(error instanceof Unwatched)) throw error
    }
  }
  const isDone = await subscribeUnder('exclusive', connection, venueId, asked)
  // What was counted while nobody listened yet has announced nothing.
  if (isDone) await announceByClock([venueId])
  return isDone
}

function subscribeUnder(
  mode: 'shared' | 'exclusive',
  connection: Connection,
  venueId: string,
  asked: Asked,
): Promise<boolean> {
  const names = asked.channels.map(({ name }) => name)
  return withTenant(venueId, async (tx) => {
    await lockChannels(tx, venueId, mode)
    const watched = await watchedAmong(tx, venueId, names)
    const unwatched = asked.channels.filter(({ name }) => !watched.has(name))
    if (mode === 'shared' && unwatched.length > 0) throw new Unwatched()
    if (!(await addChannels(tx, connection.connectionId, names))) return false
    if (unwatched.length > 0) await bringUp(tx, venueId, unwatched)
    await insertSubscriptions(tx, venueId, connection.connectionId, names)
    const states = await readStates(tx, venueId, names)
    // One after the other: the socket is told in the order that it asked in.
    for (const name of names) {
      const state = states.get(name)
      if (!state) throw new Error(`${name} says nothing`)
      await tellState(connection, venueId, state, asked)
    }
    return true
  })
}

// Nobody kept them current: they are computed anew, and what is announced has perhaps never been.
async function bringUp(tx: Tx, venueId: string, channels: Channel[]): Promise<void> {
  const now = new Date()
  const computed = channels.filter(isComputed)
  if (computed.length > 0) await writeStates(tx, venueId, await statesOf(venueId, computed, now))
  const announced = channels.filter((channel) => !isComputed(channel))
  if (announced.length > 0) {
    const states = new Map(announced.map(({ name }) => [name, 'null']))
    const known = await readStates(tx, venueId, [...states.keys()])
    for (const name of known.keys()) states.delete(name)
    if (states.size > 0) await writeStates(tx, venueId, { states, asOf: now.toISOString() })
  }
  await markTold(
    tx,
    venueId,
    channels.map(({ name }) => name),
  )
}

async function tellState(
  { connectionId }: Connection,
  venueId: string,
  state: Told,
  { id, fromSeq }: Asked,
): Promise<void> {
  const now = new Date()
  const { channel, seq, asOf } = state
  const texts: string[] = []
  if (fromSeq === undefined) {
    texts.push(frameText({ type: 'subscribed', channel, seq, asOf, id }, state.state, now))
  } else {
    const missed = await missedSince(venueId, channel, { fromSeq, seq }, now)
    if (missed) {
      texts.push(...missed.map(({ text }) => text))
      texts.push(frameText({ type: 'resumed', channel, seq, asOf, id }, '{}', now))
    } else texts.push(resyncText(state, now, id))
  }
  // One after the other: that is their order.
  for (const text of texts) {
    if ((await post(connectionId, text)) !== 'told') throw new Error('the socket takes no message')
  }
}
