import * as z from 'zod'
import { describeFault, log } from '../log.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { turns } from '../turns.ts'
import { announceByClock } from './announce.ts'
import { tellVenue } from './tell.ts'

const Body = z.object({
  venueId: z.string().min(1),
  isByClock: z.literal(true).optional(),
  item: z.object({ channel: z.string(), data: z.string(), at: z.iso.datetime() }).optional(),
})
type Body = z.output<typeof Body>

/** As many as there are connections to hold a venue's lock with: others must not wait inside. */
const venuesAtOnce = turns(2)

/**
 * Tells the sockets of the venues that a batch names. A venue that fails comes back alone; a message
 * that names none is dropped and told, because no repetition helps it.
 */
export async function broadcast(messages: Message[]): Promise<BatchOutcome> {
  const read = messages.map((message) => ({ message, body: bodyOf(message.body) }))
  const byVenue = Map.groupBy(read, ({ body }) => body?.venueId ?? '')
  const unreadable = byVenue.get('') ?? []
  byVenue.delete('')
  if (unreadable.length > 0) log('error', 'messages name no venue', { count: unreadable.length })
  const done = await Promise.all(
    [...byVenue].map(([venueId, own]) => venuesAtOnce(() => tell(venueId, own))),
  )
  const failed = done.filter(({ isFailed }) => isFailed)
  const sum = (field: 'told' | 'gone' | 'failed') =>
    done.reduce((total, one) => total + one[field], 0)
  return {
    failed: failed
      .flatMap(({ venueId }) => byVenue.get(venueId) ?? [])
      .map((one) => one.message.id),
    counts: {
      venues: done.length - failed.length,
      told: sum('told'),
      gone: sum('gone'),
      behind: sum('failed'),
      unreadable: unreadable.length,
    },
  }
}

async function tell(venueId: string, own: { message: Message; body: Body | undefined }[]) {
  const items = own.flatMap(({ body }) => body?.item ?? [])
  // A message that comes again may stand for a broadcast that died: its news are nowhere else.
  const isForced = own.some(({ message, body }) => body?.isByClock || message.receives > 1)
  try {
    const done = await tellVenue(venueId, { items, isForced })
    if (done.isUnfinished) await announceByClock([venueId], 1)
    return { venueId, isFailed: false, ...done }
  } catch (error) {
    log('warn', 'the sockets of a venue wait', { venue: venueId, ...describeFault(error) })
    return { venueId, isFailed: true, told: 0, gone: 0, failed: 0 }
  }
}

function bodyOf(text: string): Body | undefined {
  try {
    return Body.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
