import { turns } from '../turns.ts'
import type { Listener, Pairs, Told } from './channel-store.ts'
import { frameText } from './frame.ts'
import { hangUp, post } from './post.ts'

/** Messages that are on their way to sockets at once, of all broadcasts of a process. */
const postsAtOnce = turns(50)

export type HandedOver = {
  messages: number
  /** Sockets that are gone, expired or lost. */
  gone: string[]
  over: Pairs
  behind: Pairs
  caughtUp: Pairs
}

type News = {
  /** What each channel says. */
  states: Map<string, Told>
  changes: Told[]
  /** The moment that the numbers are held back at; null where they are of now. */
  staleSince: string | null
}

/**
 * Hands the changes to all who listen, each socket on its own, so that a slow one delays no other. One
 * that was behind gets the whole state instead. One whose token has expired is told nothing but that.
 */
export async function handOver(listeners: Listener[], news: News): Promise<HandedOver> {
  const done: HandedOver = { messages: 0, gone: [], over: [], behind: [], caughtUp: [] }
  const now = new Date()
  const texts = new Map(news.changes.map((one) => [one.channel, updateText(one, now)]))
  const byConnection = Map.groupBy(listeners, ({ connectionId }) => connectionId)
  await Promise.all(
    [...byConnection].map(([connectionId, own]) =>
      postsAtOnce(() => tellOne(connectionId, own, { ...news, texts, now }, done)),
    ),
  )
  return done
}

async function tellOne(
  connectionId: string,
  own: Listener[],
  { states, texts, staleSince, now }: News & { texts: Map<string, string>; now: Date },
  done: HandedOver,
): Promise<void> {
  const end = async (goodbye?: string) => {
    done.gone.push(connectionId)
    done.over.push(...own.map((one) => pairOf(one)))
    if (!goodbye) return
    await post(connectionId, goodbyeText(goodbye, now))
    await hangUp(connectionId)
  }
  const live = own.filter(({ authExpiresAt }) => authExpiresAt !== null)
  done.over.push(...own.filter(({ authExpiresAt }) => authExpiresAt === null).map(pairOf))
  if (live.some((one) => one.isLost)) return end('slow')
  let isSlow = false
  if (staleSince && live.some((one) => now.getTime() < (one.authExpiresAt ?? 0))) {
    await post(connectionId, staleText(staleSince, now))
  }
  // One after the other: a socket gets the messages of a channel in their order.
  for (const one of live) {
    const state = states.get(one.channel)
    const text = one.isBehind && state ? resyncText(state, now) : texts.get(one.channel)
    if (Date.now() >= (one.authExpiresAt ?? 0)) return end('expired')
    if (!text) continue
    const posted = isSlow ? 'failed' : await post(connectionId, text)
    if (posted === 'gone') return end()
    if (posted === 'failed') {
      isSlow = true
      done.behind.push(pairOf(one))
    } else {
      done.messages += 1
      if (one.isBehind) done.caughtUp.push(pairOf(one))
    }
  }
}

const pairOf = ({ channel, connectionId }: Listener): Pairs[number] => [channel, connectionId]

/** A change, as all who listen are told. */
export const updateText = ({ channel, seq, asOf, state }: Told, now: Date): string =>
  frameText({ type: 'update', channel, seq, asOf }, state, now)

/** The whole of what a channel says, for a socket that missed something. */
export const resyncText = (
  { channel, seq, asOf, state }: Told,
  now: Date,
  id?: string | undefined,
): string => frameText({ type: 'resync', channel, seq, asOf, id }, state, now)

function staleText(since: string, now: Date): string {
  const lagSeconds = Math.round((now.getTime() - Date.parse(since)) / 1000)
  return frameText({ type: 'stale', asOf: since }, JSON.stringify({ since, lagSeconds }), now)
}

export const goodbyeText = (reason: string, now: Date): string =>
  frameText({ type: 'goodbye' }, JSON.stringify({ reason }), now)
