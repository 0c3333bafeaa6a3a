import type { Tx } from '../clients/postgres.ts'

/** A key of a write; `venueId` is the scope it is unique in. The key itself is not kept. */
export type Key = { venueId: string; digest: string }
/** What is known of a key: who works on it, or what was answered. */
export type Known = { fingerprint: string; isDone: boolean; answer: Uint8Array | null }

/**
 * Takes the key for `claim`: one that is new, that was left by a write which never ended, or that
 * has expired. Returns null when it did, and what is known of the key when it is another's.
 */
export async function claimKey(
  tx: Tx,
  { venueId, digest }: Key,
  claim: { id: string; fingerprint: string },
  seconds: { lease: number; kept: number },
): Promise<Known | null> {
  const taken = await tx`
    insert into idempotency_keys as k (venue_id, key_digest, fingerprint, claim_id, claimed_at)
    values (${venueId}, ${digest}, ${claim.fingerprint}, ${claim.id}, clock_timestamp())
        on conflict (venue_id, key_digest)
        do update set fingerprint = excluded.fingerprint,
                      claim_id = excluded.claim_id,
                      claimed_at = excluded.claimed_at,
                      is_done = false,
                      answer = null
                where k.claimed_at < clock_timestamp() - make_interval(secs =>
                        case when k.is_done then ${seconds.kept}::float8 else ${seconds.lease}::float8 end)
    returning claim_id`
  if (taken.length > 0) return null
  const [known] = await tx<Known[]>`
    select fingerprint, is_done, answer
      from idempotency_keys
     where venue_id = ${venueId}
       and key_digest = ${digest}`
  // Freed in this very moment: whoever had it is as good as still there.
  return known ?? { fingerprint: claim.fingerprint, isDone: false, answer: null }
}

/** Keeps the answer of the write that has the claim; null for one that is too large to keep. */
export async function keepAnswer(
  tx: Tx,
  { venueId, digest }: Key,
  claimId: string,
  answer: Buffer | null,
): Promise<void> {
  await tx`
    update idempotency_keys
       set is_done = true,
           answer = ${answer}
     where venue_id = ${venueId}
       and key_digest = ${digest}
       and claim_id = ${claimId}`
}

/** Frees the key of a write that had no effect. */
export async function freeKey(tx: Tx, { venueId, digest }: Key, claimId: string): Promise<void> {
  await tx`
    delete from idempotency_keys
     where venue_id = ${venueId}
       and key_digest = ${digest}
       and claim_id = ${claimId}`
}

/** The scopes that have keys older than a day. */
export const scopesWithOldKeys = (tx: Tx) =>
  tx<{ venueId: string }[]>`select venue_id from venues_with_old_keys()`

/** Forgets a scope's keys that are older than a day; returns how many. */
export async function deleteOldKeys(tx: Tx, venueId: string): Promise<number> {
  const { count } = await tx`
    delete from idempotency_keys
     where venue_id = ${venueId}
       and claimed_at < now() - interval '24 hours'`
  return count
}
