import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { namedBy, refuseUnknownContactPoints } from '../messages/named-contact-points.ts'
import { paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import { lockCount } from '../venues/limit-store.ts'
import type { NewPolicy, Policy, PolicyChange } from './policy-schema.ts'
import {
  deletePolicy,
  insertPolicy,
  listPolicies,
  lockPolicy,
  type Revised,
  updatePolicy,
} from './policy-store.ts'
import { replan } from './replan.ts'
import { alertsOfPolicy } from './rule-store.ts'

const mostPolicies = 100

/** A page of the escalation policies of a venue, the latest first. */
export async function pageOfPolicies(
  venueId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Policy[]; nextCursor: string | null }> {
  const { items, nextCursor } = await readTenant(venueId, (tx) =>
    paged(venueId, 'escalation policies', page, (at) => listPolicies(tx, venueId, at)),
  )
  return { items: items.map(({ policy }) => policy), nextCursor }
}

/** One escalation policy; throws a Refusal where there is none. */
export const findPolicy = (venueId: string, id: string): Promise<Revised> =>
  readTenant(venueId, (tx) => told(tx, venueId, id))

/** Makes an escalation policy, once for each `onceId`. */
export const addPolicy = (
  venueId: string,
  { userId: createdBy, wish, onceId }: { userId: string; wish: NewPolicy; onceId: string },
): Promise<Revised> =>
  withTenant(venueId, async (tx) => {
    if ((await lockCount(tx, venueId, 'escalation_policies', onceId)) >= mostPolicies) {
      const detail = `The venue has ${mostPolicies} escalation policies: delete one first`
      throw new Refusal('unprocessable', detail)
    }
    await refuseUnknown(tx, venueId, wish.steps)
    return told(tx, venueId, await insertPolicy(tx, venueId, { onceId, createdBy, wish }))
  })

/** Changes an escalation policy if it is still of the revision that `isCurrent` accepts. */
export const changePolicy = (
  venueId: string,
  id: string,
  change: PolicyChange,
  isCurrent: (id: string, revision: number) => boolean,
): Promise<Revised> =>
  withTenant(venueId, async (tx) => {
    const revision = await locked(tx, venueId, id)
    const { policy: before } = await told(tx, venueId, id)
    if (!isCurrent(before.id, revision)) {
      throw new Refusal('precondition_failed', 'The policy was changed since it was read')
    }
    await refuseUnknown(tx, venueId, change.steps ?? [])
    const { name, steps, groupInterval, repeatEvery } = change
    await updatePolicy(tx, venueId, id, {
      name: name ?? before.name,
      steps: steps ?? before.steps,
      groupInterval: groupInterval ?? before.groupInterval,
      repeatEvery: repeatEvery === undefined ? before.repeatEvery : repeatEvery,
    })
    const changed = await told(tx, venueId, id)
    await replan(tx, venueId, { before, after: changed.policy }, Date.now())
    return changed
  })

/** Deletes an escalation policy; throws a conflict that names the alerts which follow it. */
export const removePolicy = (venueId: string, id: string): Promise<void> =>
  withTenant(venueId, async (tx) => {
    // Locked: an alert that begins to follow it waits, and then finds it gone.
    await locked(tx, venueId, id)
    const alerts = await alertsOfPolicy(tx, venueId, id)
    if (alerts.length > 0) {
      const names = alerts.map(({ id: alertId, name }) => `“${name}” (${alertId})`)
      const detail = `Alerts follow the policy, change them first: ${names.join(', ')}`
      throw new Refusal('conflict', detail)
    }
    await deletePolicy(tx, venueId, id)
  })

const noSuchPolicy = (): Refusal => new Refusal('not_found', 'There is no such escalation policy')

async function locked(tx: Tx, venueId: string, id: string): Promise<number> {
  const revision = isUuid(id) ? await lockPolicy(tx, venueId, id) : undefined
  if (revision === undefined) throw noSuchPolicy()
  return revision
}

async function told(tx: Tx, venueId: string, id: string): Promise<Revised> {
  const [found] = isUuid(id) ? await listPolicies(tx, venueId, { after: null, limit: 1 }, id) : []
  if (!found) throw noSuchPolicy()
  return found.item
}

const refuseUnknown = (tx: Tx, venueId: string, steps: NewPolicy['steps']): Promise<void> =>
  refuseUnknownContactPoints(
    tx,
    venueId,
    steps.flatMap(({ contactPointIds }, i) =>
      namedBy(contactPointIds, `steps.${i}.contactPointIds`),
    ),
  )
