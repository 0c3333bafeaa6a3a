import { Refusal } from '../errors.ts'
import { type Access, type Caller, callerOf, holds } from './grants.ts'

/** The keys that tokens are checked with cannot be read: nobody knows who is asking. */
export class KeysUnavailable extends Error {}

const nobody: Caller = { userId: '', venues: {}, ingestVenue: null, isOps: false, expiresAt: 0 }

/**
 * The caller of a route, from what the authorizer says. Throws the refusals of the contract (§2):
 * who has no part in a venue is told that there is none.
 */
export function permit(
  access: Access,
  venueId: string,
  authorizer: Record<string, unknown> | null | undefined,
): Caller {
  if (access === 'public') return nobody
  if (authorizer?.unavailable) throw new KeysUnavailable()
  const caller = callerOf(authorizer)
  if (!caller) throw new Refusal('unauthorized', 'A good token is needed: Authorization: Bearer …')
  if (authorizer?.retryAfter) {
    const seconds = Number(authorizer.retryAfter)
    const detail = `Too many requests in this minute; the next one begins in ${seconds} s`
    throw new Refusal('rate_limited', detail, undefined, seconds)
  }
  if (access === 'token') return caller
  if (access === 'ops') {
    if (!caller.isOps) throw new Refusal('forbidden', 'This needs a token of operations')
    return caller
  }
  const isHeld = holds(caller, venueId, access)
  if (caller.ingestVenue === venueId) {
    throw new Refusal('forbidden', 'A write key may send events and nothing else')
  }
  // Whether a venue exists is nobody's business who has no part in it.
  if (isHeld === undefined) throw new Refusal('not_found', 'There is no such venue')
  if (!isHeld) throw new Refusal('forbidden', `This needs the role ${access} in the venue`)
  return caller
}
