import { createHash, type Hash } from 'node:crypto'
import { streamTenant, withTenantJob } from '../clients/postgres.ts'
import { StoreUnavailable } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { reportEnded } from '../report-schedules/ended.ts'
import {
  type Claimed,
  claimExport,
  completeExport,
  giveUpClaim,
  isCompletedBy,
  type Written,
} from './claims.ts'
import { describeColumn } from './describe.ts'
import { contentTypeOf, endingOf, fileNameOf } from './file.ts'
import { exportTypes } from './files/all.ts'
import { Untellable } from './formats/format.ts'
import { sendToWorker } from './hand-over.ts'
import { type Holding, holding, Lost, leaseSeconds, OutOfTime } from './hold.ts'
import { removeObject } from './object-removal.ts'
import { keyOf } from './object-store.ts'
import { writeObject } from './object-writing.ts'
import type { Failure } from './schema.ts'
import { tellEnd } from './tell.ts'
import { bytesOf, readWhole, TooManyRows, type Whole } from './write.ts'

/** An export that fails so often has failed; one whose workers die gets a few more tries. */
const mostFailures = 3
const mostClaims = 8
/** How long the object of an export is kept. */
const keptDays = 7

type Work = Claimed & { venueId: string; exportId: string; key: string; uploadId: string | null }

/**
 * Writes one export, if it waits: whole, or not at all. However often it is asked for, and wherever a
 * worker dies, one object is there in the end and the row tells which. `endsAt` (performance.now())
 * is when the function must be done. Returns counts for the log.
 */
export async function runExport(
  venueId: string,
  exportId: string,
  endsAt: number,
): Promise<Record<string, number>> {
  const claimed = await withTenantJob(venueId, (tx) =>
    claimExport(tx, venueId, exportId, { leaseSeconds }),
  )
  if (!claimed) return { notTaken: 1 }
  const key = keyOf(venueId, exportId, claimed.claimId, endingOf(claimed))
  const work: Work = { ...claimed, venueId, exportId, key, uploadId: null }
  const hold = holding(work, endsAt)
  try {
    if (claimed.claims > mostClaims) throw new TooManyClaims()
    await Promise.all(work.leftovers.map(removeObject))
    const written = await write(work, hold)
    hold.stop()
    const isOurs = await withTenantJob(venueId, (tx) =>
      completeExport(tx, venueId, { ...work, keptDays }, written),
    )
    if (!isOurs) throw new Lost()
    const { rows, bytes } = written
    await reportEnded(venueId, claimed)
    await tellEnd(venueId, { id: exportId, status: 'completed', progress: 100, rows, bytes })
    return { completed: 1, rows }
  } catch (error) {
    hold.stop()
    return await endClaim(work, error)
  }
}

class TooManyClaims extends Error {}

async function write(work: Work, hold: Holding): Promise<Written> {
  const { venueId, key, question, format, asOf } = work
  const type = exportTypes.get(work.type)
  if (!type) throw new Error(`there is no type ${work.type}`)
  const plan = { type, question, format, asOf }
  const hash = createHash('sha256')
  const told = { rows: 0, bytes: 0 }
  await hold.note({ objectKey: key })
  const whole = await streamTenant(venueId, hold.signal, async (tx) => {
    const counted = await readWhole(tx, plan)
    const rowsCame = (rows: number) => {
      told.rows += rows
      hold.told({ ...told, progress: progressOf(told.rows, counted.rows) })
    }
    const bytes = watched(bytesOf(tx, plan, counted, rowsCame), hash, told)
    const object = { key, contentType: contentTypeOf(plan) }
    await writeObject(object, bytes, hold.signal, (uploadId) => {
      work.uploadId = uploadId
      return hold.note({ uploadId })
    })
    return counted
  })
  // The proof that nothing is missing: counted before, by Postgres, and as it came.
  if (told.rows !== whole.rows) {
    throw new Error(`${told.rows} rows of ${whole.rows} came`)
  }
  const sha256 = hash.digest('hex')
  const manifest = manifestOf(work, whole, { ...told, sha256 })
  return { ...told, sha256, manifest }
}

/** The same bytes, hashed and counted as they pass. */
export async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  hash: Hash,
  told: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    hash.update(piece)
    told.bytes += piece.length
    yield piece
  }
}

// The last percent is the end of the upload.
const progressOf = (rows: number, of: number): number =>
  Math.min(99, Math.floor((100 * rows) / Math.max(1, of)))

function manifestOf(
  work: Work,
  { totals }: Whole,
  written: { rows: number; bytes: number; sha256: string },
): Written['manifest'] {
  const columns = exportTypes.get(work.type)?.columns ?? []
  return {
    fileName: fileNameOf(work.venueId, work),
    ...written,
    asOf: work.asOf,
    columns: columns.map(describeColumn),
    totals: totals.map(({ currency, values }) => ({
      currency,
      values: Object.fromEntries(Object.entries(values).map(([name, sum]) => [name, Number(sum)])),
    })),
  }
}

async function endClaim(work: Work, error: unknown): Promise<Record<string, number>> {
  const { venueId, exportId } = work
  if (error instanceof Lost) return leave(work)
  const failure = failureOf(error)
  const failures = work.failures + 1
  const isLast = !failure.isPassing || failures >= mostFailures
  log(isLast ? 'error' : 'warn', 'an export failed', {
    ...{ venue: venueId, export: exportId, failures },
    ...describeFault(error),
  })
  const retrySeconds = isLast ? null : 5 * 3 ** (failures - 1)
  const { code, message } = failure
  const isOurs = await withTenantJob(venueId, (tx) =>
    giveUpClaim(tx, venueId, work, { error: { code, message }, retrySeconds }),
  )
  if (!isOurs) return leave(work)
  if (retrySeconds !== null) {
    await sendToWorker(venueId, exportId, retrySeconds)
    return { waiting: 1 }
  }
  await reportEnded(venueId, work)
  await tellEnd(venueId, { id: exportId, status: 'failed' })
  return { failed: 1 }
}

/**
 * Leaves an export to whoever has it now, or nobody. The row still names what this claim wrote: what
 * is not removed here, or is written after it by a request on its way, is removed with the export.
 */
async function leave(work: Work): Promise<Record<string, number>> {
  const { venueId, exportId, claimId, key, uploadId } = work
  // Completed, and only the answer to it was lost: its object is the export.
  const isKept = await withTenantJob(venueId, (tx) => isCompletedBy(tx, venueId, exportId, claimId))
  if (isKept) return { completed: 1 }
  await removeObject({ key, uploadId }).catch((error: unknown) => {
    log('warn', 'an object waits to be removed', { venue: venueId, ...describeFault(error) })
  })
  return { lost: 1 }
}

function failureOf(error: unknown): Failure & { isPassing: boolean } {
  if (error instanceof TooManyRows) {
    return { code: 'too_many_rows', message: error.message, isPassing: false }
  }
  if (error instanceof Untellable) {
    const message = `The format cannot hold a value: ${error.message}`
    return { code: 'untellable', message, isPassing: false }
  }
  if (error instanceof TooManyClaims) {
    const message = 'The workers that wrote the file ended before it did'
    return { code: 'workers_lost', message, isPassing: false }
  }
  if (error instanceof OutOfTime) {
    const message = 'The file took too long to write: ask for a shorter time'
    return { code: 'out_of_time', message, isPassing: true }
  }
  if (error instanceof StoreUnavailable) {
    const message = `${error.store} was away or did not answer in time`
    return { code: 'unavailable', message, isPassing: true }
  }
  const message = 'The file could not be written; the log of the service tells why'
  return { code: 'internal', message, isPassing: true }
}
