import type { Tx } from '../clients/postgres.ts'
import type { Format } from './catalogue.ts'
import type { Leftover } from './object-store.ts'
import type { Failure, Manifest, Question } from './schema.ts'

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

export type Claimed = {
  claimId: string
  claims: number
  failures: number
  type: string
  format: Format
  question: Question
  asOf: string
  createdBy: string
  onceId: string
  leftovers: Leftover[]
}

/**
 * Takes an export for a while, unless another worker has it or it is over: of two at once the second
 * waits for the first and finds it taken. What a former claim may have written becomes a leftover in
 * the same statement, so that nobody forgets it.
 */
export async function claimExport(
  tx: Tx,
  venueId: string,
  exportId: string,
  { leaseSeconds }: { leaseSeconds: number },
): Promise<Claimed | undefined> {
  const [row] = await tx<Claimed[]>`
    update exports
       set status = 'running',
           claims = claims + 1,
           claim_id = gen_random_uuid(),
           claimed_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}),
           leftovers = case when object_key is null then leftovers
                            else leftovers || jsonb_build_array(jsonb_build_object(
                                   'key', object_key, 'uploadId', upload_id)) end,
           object_key = null,
           upload_id = null
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and deleted_at is null
       and (status = 'pending' and due_at <= clock_timestamp()
            or status = 'running' and claimed_until < clock_timestamp())
 returning claim_id, claims, failures, type, format, question, created_by, once_id,
           to_char(as_of at time zone 'UTC', ${iso}) as as_of, leftovers`
  return row
}

/** What changes while a claim is at work. */
export type Step = {
  objectKey?: string
  uploadId?: string
  progress?: number
  rows?: number
  bytes?: number
}

/** Goes on with a claim and notes how far it is; false where the export is no longer its own. */
export async function holdClaim(
  tx: Tx,
  venueId: string,
  { exportId, claimId, leaseSeconds }: { exportId: string; claimId: string; leaseSeconds: number },
  step: Step,
): Promise<boolean> {
  const rows = await tx`
    update exports
       set claimed_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}),
           object_key = coalesce(${step.objectKey ?? null}, object_key),
           upload_id = coalesce(${step.uploadId ?? null}, upload_id),
           progress = greatest(progress, ${step.progress ?? 0}::int),
           rows = coalesce(${step.rows ?? null}::bigint, rows),
           bytes = coalesce(${step.bytes ?? null}::bigint, bytes)
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and claim_id = ${claimId}::text::uuid
       and status = 'running'
       and deleted_at is null`
  return rows.count > 0
}

export type Written = { rows: number; bytes: number; sha256: string; manifest: Manifest }

/** Says that the object of a claim is the export; false where the export is no longer its own. */
export async function completeExport(
  tx: Tx,
  venueId: string,
  { exportId, claimId, keptDays }: { exportId: string; claimId: string; keptDays: number },
  written: Written,
): Promise<boolean> {
  const rows = await tx`
    update exports
       set status = 'completed', progress = 100, rows = ${written.rows}, bytes = ${written.bytes},
           sha256 = ${written.sha256}, manifest = ${JSON.stringify(written.manifest)}::text::jsonb,
           upload_id = null, error = null, claimed_until = null,
           completed_at = clock_timestamp(),
           expires_at = clock_timestamp() + make_interval(days => ${keptDays})
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and claim_id = ${claimId}::text::uuid
       and status = 'running'
       and deleted_at is null`
  return rows.count > 0
}

/**
 * Gives a claim up: another try after some seconds, or the end of the export. What it wrote stays
 * noted until it is removed. False where the export is no longer its own.
 */
export async function giveUpClaim(
  tx: Tx,
  venueId: string,
  { exportId, claimId }: { exportId: string; claimId: string },
  { error, retrySeconds }: { error: Failure; retrySeconds: number | null },
): Promise<boolean> {
  const rows = await tx`
    update exports
       set status = case when ${retrySeconds}::int is null then 'failed' else 'pending' end,
           failures = failures + 1,
           error = ${JSON.stringify(error)}::text::jsonb,
           claimed_until = null,
           due_at = clock_timestamp() + make_interval(secs => coalesce(${retrySeconds}::int, 0))
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and claim_id = ${claimId}::text::uuid
       and status = 'running'`
  return rows.count > 0
}

/** Lets go of an export that ended under a worker, whose object is removed already. */
export const releaseClaim = (tx: Tx, venueId: string, exportId: string, claimId: string) => tx`
  update exports
     set object_key = null, upload_id = null, claimed_until = null
   where venue_id = ${venueId}
     and export_id = ${exportId}::text::uuid
     and claim_id = ${claimId}::text::uuid
     and status <> 'completed'`

/** Objects that an export which is over has no more use for; undefined while a worker is at it. */
export async function readRefuse(
  tx: Tx,
  venueId: string,
  exportId: string,
): Promise<Leftover[] | undefined> {
  const [row] = await tx<
    { objectKey: string | null; uploadId: string | null; leftovers: Leftover[] }[]
  >`
    select object_key, upload_id, leftovers
      from exports
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and (status = 'completed' and expires_at < clock_timestamp()
            or status in ('failed', 'cancelled', 'expired') or deleted_at is not null)
       and coalesce(claimed_until, '-infinity') < clock_timestamp()`
  if (!row) return undefined
  const { objectKey, uploadId, leftovers } = row
  return [...leftovers, ...(objectKey === null ? [] : [{ key: objectKey, uploadId }])]
}

/**
 * Notes that objects are gone: what was deleted or is older than 400 days goes whole, what was kept
 * has expired.
 */
export async function forgetObjects(tx: Tx, venueId: string, exportId: string): Promise<void> {
  await tx`
    delete from exports
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and (deleted_at is not null
            or status in ('failed', 'cancelled', 'expired')
               and created_at < clock_timestamp() - interval '400 days')
       and coalesce(claimed_until, '-infinity') < clock_timestamp()`
  await tx`
    update exports
       set object_key = null, upload_id = null, leftovers = '[]',
           status = case when status = 'completed' then 'expired' else status end
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and status in ('completed', 'failed', 'cancelled')`
}

/** Notes that what former claims left is gone. */
export const forgetLeftovers = (tx: Tx, venueId: string, exportId: string, claimId: string) => tx`
  update exports
     set leftovers = '[]'
   where venue_id = ${venueId}
     and export_id = ${exportId}::text::uuid
     and claim_id = ${claimId}::text::uuid`

/** Exports of all venues that wait for a worker, or have objects that are not to be kept. */
export const exportsToTend = (tx: Tx) => tx<
  { venueId: string; exportId: string; need: 'work' | 'clean' }[]
>`
  select venue_id, export_id, need from exports_to_tend()`
