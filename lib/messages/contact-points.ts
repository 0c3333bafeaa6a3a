import { alertsNaming } from '../alerts/rule-store.ts'
import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { paged } from '../paging.ts'
import { schedulesNaming } from '../report-schedules/store.ts'
import { isUuid } from '../uuid.ts'
import { lockCount } from '../venues/limit-store.ts'
import type { Target } from './channel.ts'
import {
  type ContactPoint,
  type ContactPointChange,
  changedTarget,
  hintOf,
  type NewContactPoint,
  perMinuteOf,
  targetOf,
} from './contact-point.ts'
import {
  deleteContactPoint,
  insertContactPoint,
  listContactPoints,
  lockContactPoint,
  type Revised,
  updateContactPoint,
} from './contact-point-store.ts'
import { handOver } from './hand-over.ts'
import { messageOfKey } from './list.ts'
import type { Message } from './schema.ts'
import { sealTarget, unsealTarget } from './target.ts'
import { writeMessage } from './write.ts'

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

/** Makes a contact point, once for each `onceId`; of a webhook the secret is told this once. */
export const addContactPoint = (
  venueId: string,
  { userId: createdBy, body, onceId }: { userId: string; body: NewContactPoint; onceId: string },
): Promise<Revised & Secret> =>
  withTenant(venueId, async (tx) => {
    if ((await lockCount(tx, venueId, 'contact_points', onceId)) >= mostContactPoints) {
      const detail = `The venue has ${mostContactPoints} contact points: delete one first`
      throw new Refusal('unprocessable', detail)
    }
    const { kind, name, userId, locale, enabled, perMinute = perMinuteOf[kind] } = body
    const target = targetOf(body)
    const id = await insertContactPoint(tx, venueId, {
      ...{ onceId, createdBy, kind, name, userId, locale, enabled, perMinute },
      ...{ target: sealTarget(venueId, target), hint: hintOf(target) },
    })
    // Of a request that came twice the first one's secret holds.
    const kept = await lockContactPoint(tx, venueId, id)
    const now = kept && unsealTarget(venueId, kept.target)
    return { ...(await told(tx, venueId, id)), ...secretOf(now) }
  })

/** Changes a contact point if it is still of the revision that `isCurrent` accepts. */
export const changeContactPoint = (
  venueId: string,
  id: string,
  change: ContactPointChange,
  isCurrent: (id: string, revision: number) => boolean,
): Promise<Revised & Secret> =>
  withTenant(venueId, async (tx) => {
    const kept = isUuid(id) ? await lockContactPoint(tx, venueId, id) : undefined
    if (!kept) throw noSuchContactPoint()
    if (!isCurrent(id, kept.revision)) {
      throw new Refusal('precondition_failed', 'The contact point was changed since it was read')
    }
    const { contactPoint: before } = await told(tx, venueId, id)
    const target = changedTarget(unsealTarget(venueId, kept.target), change)
    if (!target) throw new Refusal('unprocessable', `The contact point is of kind ${before.kind}`)
    const { name, userId, locale, enabled, perMinute } = change
    await updateContactPoint(tx, venueId, {
      id,
      name: name ?? before.name,
      userId: userId === undefined ? before.userId : userId,
      locale: locale ?? before.locale,
      enabled: enabled ?? before.enabled,
      perMinute: perMinute ?? before.perMinute,
      target: sealTarget(venueId, target),
      hint: hintOf(target),
    })
    const isAnother = change.kind === 'webhook' && change.newSecret === true
    return { ...(await told(tx, venueId, id)), ...(isAnother && secretOf(target)) }
  })

/** Writes a message that tries a contact point; once for each `onceId`. */
export async function testContactPoint(
  venueId: string,
  id: string,
  onceId: string,
): Promise<Message> {
  const { message, written } = await withTenant(venueId, async (tx) => {
    const { contactPoint } = await told(tx, venueId, id)
    const dedupeKey = `test ${id} ${onceId}`
    const data = { name: contactPoint.name }
    const asked = { dedupeKey, template: 'contact-point-test' as const, data, contactPointId: id }
    const written = await writeMessage(tx, venueId, asked)
    return { written, message: await messageOfKey(tx, venueId, dedupeKey) }
  })
  await handOver(venueId, [written])
  return message
}

/**
 * Deletes a contact point; what still waits for it is dead with its next attempt. Refused while report
 * schedules, alerts or escalation policies name it: what they tell would be told to nobody.
 */
export const removeContactPoint = (venueId: string, id: string): Promise<void> =>
  withTenant(venueId, async (tx) => {
    // Locked: a schedule that begins to name it waits, and then finds it gone.
    const kept = isUuid(id) ? await lockContactPoint(tx, venueId, id) : undefined
    if (!kept) throw noSuchContactPoint()
    const schedules = await schedulesNaming(tx, venueId, id)
    const users = [
      ...schedules.map((one) => ({ ...one, kind: 'report schedule' })),
      ...(await alertsNaming(tx, venueId, id)),
    ]
    if (users.length > 0) {
      const names = users.map((one) => `${one.kind} “${one.name}” (${one.id})`).join(', ')
      throw new Refusal('conflict', `The contact point is in use, change these first: ${names}`)
    }
    await deleteContactPoint(tx, venueId, id)
  })

type Secret = { secret?: string }
const secretOf = (target: Target | undefined): Secret =>
  target?.kind === 'webhook' ? { secret: target.secret } : {}

const noSuchContactPoint = (): Refusal => new Refusal('not_found', 'There is no such contact point')

async function told(tx: Tx, venueId: string, id: string): Promise<Revised> {
  const [found] = isUuid(id)
    ? await listContactPoints(tx, venueId, { after: null, limit: 1 }, id)
    : []
  if (!found) throw noSuchContactPoint()
  return found.item
}
