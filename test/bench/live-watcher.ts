import { type Frame, openSocket } from '../../lib/sockets/client.ts'
import type { LiveSystem } from './live-system.ts'

/** What a channel said, and when it came (epoch ms). */
export type Heard = Required<Pick<Frame, 'channel' | 'seq' | 'asOf' | 'data' | 'ts' | 'type'>> & {
  at: number
}
export type Watcher = ReturnType<typeof watch>
export type Place = { http: string; token: string }

/** A ticket for a socket, as anybody gets one. */
export async function ticketFor({ http, token }: Place): Promise<{ ticket: string; url: string }> {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${http}/v1/ws/tickets`, { method: 'POST', headers })
  if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as { ticket: string; url: string }
}

/** A socket that listens to channels, and keeps all that it is told. */
export function watch(place: Place, channels: string[]) {
  const heard = new Map<string, Heard[]>(channels.map((channel) => [channel, []]))
  const errors: { code: string; channel?: string | undefined }[] = []
  const strays: Frame[] = []
  const state = { opened: 0 }
  const socket = openSocket({
    ticket: () => ticketFor(place),
    retryMs: 200,
    changed: (now) => {
      if (now === 'open') state.opened += 1
    },
    frame: (frame) => {
      const { type, channel, data } = frame
      if (type === 'error') errors.push({ code: (data as { code: string }).code, channel })
      else if (channel === undefined) {
        if (type !== 'pong') strays.push(frame)
      } else {
        const own = heard.get(channel)
        if (own) own.push({ ...frame, at: Date.now() } as Heard)
        else strays.push(frame)
      }
    },
  })
  for (const channel of channels) socket.subscribe(channel, { told: () => {} })
  const toldIn = (channel: string) =>
    (heard.get(channel) ?? []).filter(({ type }) => type !== 'resumed')
  return {
    channels,
    errors,
    /** Frames of no channel that was asked for; a goodbye is one. */
    strays,
    state,
    /** Asks for one more channel, whose messages are strays. */
    ask: (channel: string) => void socket.subscribe(channel, { told: () => {} }),
    close: socket.close,
    toldIn,
    isSubscribed: () => channels.every((channel) => toldIn(channel).length > 0),
    /** The newest that a channel said, undefined before it said anything. */
    last: (channel: string) => toldIn(channel).at(-1),
    /** How often the number of a change was not that of the change before and one. */
    gaps: () =>
      channels.reduce((sum, channel) => {
        const told = toldIn(channel)
        return (
          sum +
          told.filter((one, i) => {
            const before = told[i - 1]
            return before && one.type === 'update' && one.seq > before.seq + 1
          }).length
        )
      }, 0),
  }
}

/** A socket of a person at a venue. */
export const watchVenue = async (
  system: LiveSystem,
  venueId: string,
  channels: string[],
  user = 'watcher',
): Promise<Watcher> =>
  watch(
    { http: system.http, token: await system.tokenOf(venueId, user) },
    channels.map((channel) => `venue:${venueId}:${channel}`),
  )

/** What a metric's channel says now, null where it says nothing. */
export const currentIn = (heard: Heard | undefined): number | null =>
  (heard?.data as { current?: number | null } | undefined)?.current ?? null
