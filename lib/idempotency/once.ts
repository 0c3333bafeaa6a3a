import { randomUUID } from 'node:crypto'
import type { Caller } from '../access/grants.ts'
import { withTenant } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { digestOf, seal, unseal } from './seal.ts'
import { claimKey, freeKey, type Known, keepAnswer } from './store.ts'

type Told = { status: number; headers: Record<string, string>; body: unknown }
type Asked = { venueId: string; caller: Caller; key: string; request: string[] }

const mostBytes = 262_144
/** Longer than any function behind the gateway runs: a claim this old is of one that died. */
const seconds = { lease: 35, kept: 24 * 3600 }

/**
 * Does a write once for its Idempotency-Key. A repeated request gets the answer of the first for
 * 24 hours. Refusals and faults leave the key free. A write that died leaves it free after 35 s;
 * its second run is given the same `onceId`, so that what it names by that is the same, too.
 *
 * The key is unique in the venue; where a route has none, in the write key's venue or for the
 * caller. What is kept can be read with the key alone: the store has neither key nor answer.
 */
export async function once(asked: Asked, write: (onceId: string) => Promise<Told>): Promise<Told> {
  requireGoodKey(asked.key)
  const { PSEUDONYM_SECRET: secret } = config('privacy')
  const venueId = scopeOf(secret, asked)
  const digest = digestOf(secret, 'key', venueId, asked.key).toString('base64url')
  const key = { venueId, digest }
  const claim = {
    id: randomUUID(),
    // Of this person: an answer may hold what another of the venue may not see.
    fingerprint: digestOf(
      secret,
      'request',
      venueId,
      asked.caller.userId,
      ...asked.request,
    ).toString('base64url'),
  }
  const sealing = digestOf(secret, 'answer', venueId, asked.key)
  const known = await withTenant(venueId, (tx) => claimKey(tx, key, claim, seconds))
  if (known) return replay(known, claim.fingerprint, sealing)
  let told: Told
  try {
    told = await write(digest.slice(0, 22))
  } catch (error) {
    await settle(() => withTenant(venueId, (tx) => freeKey(tx, key, claim.id)))
    throw error
  }
  const sealed = seal(sealing, JSON.stringify(told))
  const kept = sealed.length > mostBytes ? null : sealed
  await settle(() => withTenant(venueId, (tx) => keepAnswer(tx, key, claim.id, kept)))
  return told
}

function replay(known: Known, fingerprint: string, sealing: Buffer): Told {
  if (known.fingerprint !== fingerprint) {
    throw refusal('unprocessable', 'Idempotency-Key was used for another request')
  }
  if (!known.isDone) {
    throw refusal('conflict', 'The first request of this Idempotency-Key is still running', 1)
  }
  if (!known.answer) {
    throw refusal('conflict', 'This was done; its answer was too large to be kept')
  }
  const told: Told = JSON.parse(unseal(sealing, known.answer))
  return { ...told, headers: { ...told.headers, 'idempotent-replayed': 'true' } }
}

// No effect depends on it any more, and the caller waits for the answer: a claim that stays ends
// with its lease.
async function settle(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) =>
    log('warn', 'an idempotency key stays claimed until its lease ends', describeFault(error)),
  )
}

/** The venue, or a name that no venue can have: ids of venues have no colon. */
function scopeOf(secret: string, { venueId, caller }: Asked): string {
  if (venueId) return venueId
  if (caller.ingestVenue) return caller.ingestVenue
  return `caller:${digestOf(secret, 'caller', caller.userId).toString('base64url').slice(0, 22)}`
}

function requireGoodKey(key: string): void {
  if (key.length > 0 && key.length <= 255) return
  throw refusal('bad_request', 'Idempotency-Key must have 1 to 255 characters')
}

const refusal = (
  code: 'bad_request' | 'conflict' | 'unprocessable',
  message: string,
  retryAfter?: number,
) => new Refusal(code, message, [{ path: 'Idempotency-Key', code, message }], retryAfter)
