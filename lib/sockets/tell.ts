import { setTimeout as sleep } from 'node:timers/promises'
import { type Tx, withTenant, withTenantJob } from '../clients/postgres.ts'
import type { Announcement } from './announce.ts'
import { type Channel, channelOf, isComputed } from './channel.ts'
import {
  applyAnnounced,
  clearSent,
  closeBroadcast,
  keepAnnounced,
  type Listener,
  lockChannels,
  markTold,
  readListeners,
  readStates,
  readWork,
  writeStates,
} from './channel-store.ts'
import { handOver, updateText } from './hand-over.ts'
import { statesOf } from './states.ts'
import { deleteConnections } from './store.ts'
import { keepTold } from './stream.ts'

/** How a broadcast went. */
export type Broadcast = {
  told: number
  gone: number
  /** Messages that sockets did not take. */
  failed: number
  /** Something is still to be told, and nobody else will ask for it soon. */
  isUnfinished: boolean
}

/** A count that takes so long holds the numbers back: they are of the moment before it began. */
const behindMs = 5000
const nothing: Broadcast = { told: 0, gone: 0, failed: 0, isUnfinished: false }

/**
 * Tells a venue's sockets what has changed in the channels they listen to, at most once a second.
 * One transaction holds the venue's lock from the numbers to the last socket, so that nothing is
 * overtaken; the changes are committed beside it before anybody hears of them, so that a broadcast
 * that dies in the middle is told again by the next with the same numbers under the same seq.
 */
export async function tellVenue(
  venueId: string,
  asked: { items: NonNullable<Announcement['item']>[]; isForced: boolean },
): Promise<Broadcast> {
  if (asked.items.length > 0) {
    await withTenant(venueId, (tx) => keepAnnounced(tx, venueId, asked.items))
  }
  return withTenantJob(venueId, async (tx) => {
    await lockChannels(tx, venueId, 'exclusive')
    const { isSent, isPending, waitMs } = await readWork(tx, venueId)
    if (!asked.isForced && !isSent && !isPending) return nothing
    if (waitMs > 0) await sleep(waitMs)
    return tellChanges(tx, venueId)
  })
}

async function tellChanges(tx: Tx, venueId: string): Promise<Broadcast> {
  await withTenant(venueId, (own) => clearSent(own, venueId))
  const listeners = await readListeners(tx, venueId)
  const channels = channelsOf(listeners)
  const staleSince = await change(venueId, channels)
  const states = await readStates(tx, venueId, [...channels.keys()])
  const changes = [...states.values()].filter(({ isTold }) => !isTold)
  const now = new Date()
  const [told] = await Promise.all([
    handOver(listeners, { states, changes, staleSince }),
    keepTold(
      venueId,
      changes.map((one) => ({ change: one, text: updateText(one, now) })),
      now,
    ),
  ])
  await markTold(
    tx,
    venueId,
    changes.map(({ channel }) => channel),
  )
  if (told.gone.length > 0) await deleteConnections(tx, told.gone)
  await closeBroadcast(tx, venueId, { ...told, isTold: changes.length > 0 })
  const failed = told.behind.length
  const isUnfinished = staleSince !== null || failed > 0
  return { told: told.messages, gone: told.gone.length, failed, isUnfinished }
}

/** Commits what the channels say now; returns since when that is behind, null where it is not. */
async function change(venueId: string, channels: Map<string, Channel>): Promise<string | null> {
  const computed = [...channels.values()].filter(isComputed)
  const now = computed.length > 0 ? await statesOf(venueId, computed, new Date()) : null
  await withTenant(venueId, async (own) => {
    await applyAnnounced(own, venueId)
    if (now) await writeStates(own, venueId, now)
  })
  return now && Date.parse(now.asOf) < Date.now() - behindMs ? now.asOf : null
}

function channelsOf(listeners: Listener[]): Map<string, Channel> {
  const live = listeners.filter(({ authExpiresAt }) => authExpiresAt !== null)
  const names = [...new Set(live.map(({ channel }) => channel))]
  return new Map(
    names.flatMap((name) => {
      const channel = channelOf(name)
      return channel ? [[name, channel] as const] : []
    }),
  )
}
