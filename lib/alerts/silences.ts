import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { listOf, paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import { refuseUnknownAlerts } from './named-alerts.ts'
import { defectOfEnd, type NewSilence, type Silence, type SilenceQuery } from './silence-schema.ts'
import {
  deleteOldSilences,
  endSilence,
  insertSilence,
  listSilences,
  lockCount,
} from './silence-store.ts'

const mostSilences = 500
const keptDays = 400

/** A page of the silences of a venue, the latest first. */
export const pageOfSilences = (
  venueId: string,
  query: SilenceQuery,
): Promise<{ items: Silence[]; nextCursor: string | null }> =>
  readTenant(venueId, (tx) =>
    paged(venueId, listOf('silences', query), query, (at) =>
      listSilences(tx, venueId, query.state ?? null, at),
    ),
  )

/** One silence; throws a Refusal where there is none. */
export const findSilence = (venueId: string, id: string): Promise<Silence> =>
  readTenant(venueId, (tx) => told(tx, venueId, id))

/** Makes a silence, once for each `onceId`; those that were over long ago are forgotten with it. */
export const addSilence = (
  venueId: string,
  {
    userId: createdBy,
    wish,
    now,
    onceId,
  }: { userId: string; wish: NewSilence; now: Date; onceId: string },
): Promise<Silence> =>
  withTenant(venueId, async (tx) => {
    const defect = defectOfEnd(wish, now)
    if (defect) {
      const message = `endsAt: ${defect}`
      throw new Refusal('bad_request', `The body is not right: ${message}`, [
        { path: 'endsAt', code: 'custom', message },
      ])
    }
    if ((await lockCount(tx, venueId, onceId)) >= mostSilences) {
      throw new Refusal('unprocessable', `The venue has ${mostSilences} silences: end one first`)
    }
    await refuseUnknownAlerts(tx, venueId, wish.matchers)
    await deleteOldSilences(tx, venueId, keptDays)
    return told(tx, venueId, await insertSilence(tx, venueId, { onceId, createdBy, wish }))
  })

/** Ends a silence now; one that has not begun is gone. Throws a conflict for one that is over. */
export const removeSilence = (venueId: string, id: string): Promise<void> =>
  withTenant(venueId, async (tx) => {
    const was = isUuid(id) ? await endSilence(tx, venueId, id) : undefined
    if (!was) throw noSuchSilence()
    if (was === 'expired') throw new Refusal('conflict', 'The silence is over already')
  })

const noSuchSilence = (): Refusal => new Refusal('not_found', 'There is no such silence')

async function told(tx: Tx, venueId: string, id: string): Promise<Silence> {
  const [found] = isUuid(id)
    ? await listSilences(tx, venueId, null, { after: null, limit: 1 }, id)
    : []
  if (!found) throw noSuchSilence()
  return found.item
}
