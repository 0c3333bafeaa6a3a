import { type Tx, readTenant, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import { hintOf } from './contact-point-hint.ts'
import {
  type ContactPoint,
  type ContactPointChange,
  type NewContactPoint,
  perMinuteOf,
} from './contact-point-schema.ts'
import {
  type Revised,
  deleteContactPoint,
  insertContactPoint,
  listContactPoints,
  lockContactPoint,
  lockCount,
  updateContactPoint,
} from './contact-point-store.ts'
import { sealTarget } from './target.ts'

const mostContactPoints = 200

/** A page of the contact points of a venue, the latest first. */
export async function pageOfContactPoints(
  venueId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: ContactPoint[]; nextCursor: string | null }> {
  const { items, nextCursor } = await readTenant(venueId, (tx) =>
    paged(venueId, 'contact points', page, (at) => listContactPoints(tx, venueId, at)),
  )
  return { items: items.map(({ contactPoint }) => contactPoint), nextCursor }
}

/** One contact point; throws a Refusal where there is none. */
export const findContactPoint = (venueId: string, id: string): Promise<Revised> =>
  readTenant(venueId, (tx) => told(tx, venueId, id))

/** Makes a contact point, once for each `onceId`. */
export const addContactPoint = (
  venueId: string,
  { userId: createdBy, body, onceId }: { userId: string; body: NewContactPoint; onceId: string },
): Promise<Revised> =>
  withTenant(venueId, async (tx) => {
    if ((await lockCount(tx, venueId, onceId)) >= mostContactPoints) {
      const detail = `The venue has ${mostContactPoints} contact points: delete one first`
      throw new Refusal('unprocessable', detail)
    }
    const { target, perMinute = perMinuteOf[target.kind], ...fields } = body
    const sealed = { target: sealTarget(venueId, target), hint: hintOf(target), kind: target.kind }
    const row = { ...fields, ...sealed, perMinute, onceId, createdBy }
    return told(tx, venueId, await insertContactPoint(tx, venueId, row))
  })

/** Changes a contact point if it is still of the revision that `isCurrent` accepts. */
export const changeContactPoint = (
  venueId: string,
  id: string,
  change: ContactPointChange,
  isCurrent: (id: string, revision: number) => boolean,
): Promise<Revised> =>
  withTenant(venueId, async (tx) => {
    const revision = isUuid(id) ? await lockContactPoint(tx, venueId, id) : undefined
    if (revision === undefined) throw noSuchContactPoint()
    if (!isCurrent(id, revision)) {
      throw new Refusal('precondition_failed', 'The contact point was changed since it was read')
    }
    const { contactPoint: before } = await told(tx, venueId, id)
    const { target, ...fields } = change
    const stated = Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== undefined),
    )
    const sealed = target && {
      ...{ target: sealTarget(venueId, target), hint: hintOf(target), kind: target.kind },
    }
    await updateContactPoint(tx, venueId, { target: null, ...before, ...stated, ...sealed })
    return told(tx, venueId, id)
  })

/** Deletes a contact point; what still waits for it is dead with its next attempt. */
export const removeContactPoint = (venueId: string, id: string): Promise<void> =>
  withTenant(venueId, async (tx) => {
    const isGone = isUuid(id) && (await deleteContactPoint(tx, venueId, id))
    if (!isGone) throw noSuchContactPoint()
  })

const noSuchContactPoint = (): Refusal =>
  new Refusal('not_found', 'There is no such contact point')

async function told(tx: Tx, venueId: string, id: string): Promise<Revised> {
  const [found] = isUuid(id)
    ? await listContactPoints(tx, venueId, { after: null, limit: 1 }, id)
    : []
  if (!found) throw noSuchContactPoint()
  return found.item
}
