import type * as z from 'zod'
import { describeFault, log } from '../log.ts'
import type { BatchOutcome, Message } from '../queue.ts'

/**
 * Does the work that the messages of a batch ask for, once for messages that say the same. What fails
 * comes back alone; a message that is not as `body` has it is dropped and told, because no repetition
 * helps it. Counts of the work are added up.
 */
export async function eachVenue<B extends { venueId: string }>(
  messages: Message[],
  body: z.ZodType<B>,
  work: (asked: B) => Promise<Record<string, number>>,
): Promise<BatchOutcome> {
  const read = messages.map((message) => ({ message, asked: readBody(body, message.body) }))
  const unreadable = read.filter(({ asked }) => asked === null).length
  if (unreadable > 0) log('error', 'messages name no venue', { count: unreadable })
  const readable = read.flatMap(({ message, asked }) => (asked ? { message, asked } : []))
  const groups = Map.groupBy(readable, ({ asked }) => JSON.stringify(asked))
  // At once: a venue that takes long holds one connection and leaves the other to the rest.
  const done = await Promise.all(
    [...groups.values()].map(async (group) => {
      const asked = group[0]?.asked as B
      try {
        return { failed: [], counts: await work(asked) }
      } catch (error) {
        log('warn', 'a venue waits', { venue: asked.venueId, ...describeFault(error) })
        return { failed: group.map(({ message }) => message.id), counts: {} }
      }
    }),
  )
  const counts: Record<string, number> = { unreadable, venues: 0 }
  for (const one of done) {
    if (one.failed.length === 0) counts.venues = (counts.venues ?? 0) + 1
    for (const [name, count] of Object.entries(one.counts)) {
      counts[name] = (counts[name] ?? 0) + count
    }
  }
  return { failed: done.flatMap(({ failed }) => failed), counts }
}

function readBody<B>(body: z.ZodType<B>, text: string): B | null {
  try {
    return body.parse(JSON.parse(text))
  } catch {
    return null
  }
}
