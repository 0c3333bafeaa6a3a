import type { Kind } from './render.ts'

/** A message that was tried so often is dead. */
export const mostTries = 8

const [minute, hour] = [60, 3600]
/** The schedule of Svix: how long after a failed attempt the next one comes, in seconds. */
const ofWebhooks = [5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour]

/** Seconds from a failed attempt to the next one; null: there is none. A provider may ask for more. */
export function retryAfter(kind: Kind, tries: number, asked = 0): number | null {
  if (tries >= mostTries) return null
  const own =
    kind === 'webhook' ? (ofWebhooks[tries - 1] ?? 10 * hour) : Math.min(hour, 5 * 3 ** (tries - 1))
  // Not for ever, whatever a provider says.
  return Math.max(own, Math.min(asked, 24 * hour))
}
