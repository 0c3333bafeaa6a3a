import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { withdrawMessages } from '../messages/write.ts'
import { listOf, paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import { announced } from './announce.ts'
import type { Entry, Instance, InstanceQuery, InstanceWhole } from './instance-schema.ts'
import {
  acknowledgeInstance,
  alertOf,
  assignInstance,
  closeOpen,
  type Ending,
  type Held,
  insertEntry,
  listInstances,
  lockInstance,
  readHistory,
} from './instance-store.ts'
import { dismissGroup, lockAlert } from './rule-store.ts'
import { subjectOf } from './tell.ts'
import { tellClosed } from './tell-closed.ts'

const mostEntries = 1000
const everyOne = { state: null, alertId: null, severity: null, only: null }

/** A page of what has fired in a venue, the latest first. */
export const pageOfInstances = (
  venueId: string,
  query: InstanceQuery,
): Promise<{ items: Instance[]; nextCursor: string | null }> => {
  const { state = null, alertId = null, severity = null } = query
  const which = { ...everyOne, state, alertId, severity }
  return readTenant(venueId, (tx) =>
    paged(venueId, listOf('alert instances', query), query, (at) =>
      listInstances(tx, venueId, which, at),
    ),
  )
}

/** One instance with its history; throws a Refusal where there is none. */
export const findInstance = (venueId: string, id: string): Promise<InstanceWhole> =>
  readTenant(venueId, (tx) => whole(tx, venueId, id))

/**
 * Notes that somebody takes care of an instance, which ends its escalation. Throws a conflict where it
 * is not open or somebody does already: of many at once one is the first.
 */
export const acknowledge = (
  venueId: string,
  id: string,
  { by, note }: { by: string; note: string | null },
): Promise<InstanceWhole> =>
  announced(
    venueId,
    withTenant(venueId, async (tx) => {
      const held = await locked(tx, venueId, id)
      if (!['firing', 'recovering'].includes(held.state)) throw conflict(held, 'acknowledged')
      await acknowledgeInstance(tx, venueId, id, by)
      await withdrawMessages(tx, venueId, subjectOf(held.id))
      return noted(tx, venueId, id, { by, kind: 'acknowledged', note })
    }),
  )

/** Gives an open instance to somebody, or to nobody; throws a conflict where it is resolved. */
export const assign = (
  venueId: string,
  id: string,
  { by, userId }: { by: string; userId: string | null },
): Promise<InstanceWhole> =>
  announced(
    venueId,
    withTenant(venueId, async (tx) => {
      const held = await locked(tx, venueId, id)
      if (held.state === 'resolved') throw conflict(held, 'assigned')
      await assignInstance(tx, venueId, id, userId)
      return noted(tx, venueId, id, { by, kind: 'assigned', note: userId })
    }),
  )

/** Says something of an instance, whatever its state. */
export const comment = (
  venueId: string,
  id: string,
  { by, text }: { by: string; text: string },
): Promise<InstanceWhole> =>
  withTenant(venueId, async (tx) => {
    await locked(tx, venueId, id)
    return noted(tx, venueId, id, { by, kind: 'commented', note: text })
  })

/**
 * Resolves an open instance by hand; throws a conflict where it is resolved. While its condition holds
 * its group is dismissed: it fires again only after it has ended once.
 */
export const resolve = (venueId: string, id: string, ending: Ending): Promise<InstanceWhole> =>
  announced(
    venueId,
    withTenant(venueId, async (tx) => {
      // The alert first, as an evaluation locks them.
      const alertId = isUuid(id) ? await alertOf(tx, venueId, id) : undefined
      if (alertId) await lockAlert(tx, venueId, alertId)
      const held = await locked(tx, venueId, id)
      if (held.state === 'resolved') throw conflict(held, 'resolved')
      const closed = await closeOpen(tx, venueId, { alertId: held.alertId, only: held.id }, ending)
      await tellClosed(tx, venueId, closed, { reason: ending.reason, at: new Date() })
      if (await dismissGroup(tx, venueId, held.alertId, held.labelsKey)) {
        await insertEntry(tx, venueId, id, { by: null, kind: 'dismissed', note: null })
      }
      return whole(tx, venueId, id)
    }),
  )

const noSuchInstance = (): Refusal => new Refusal('not_found', 'There is no such alert instance')

const conflict = ({ state }: Held, wish: string): Refusal =>
  new Refusal('conflict', `The instance is ${state}: it cannot be ${wish}`)

async function locked(tx: Tx, venueId: string, id: string): Promise<Held> {
  const held = isUuid(id) ? await lockInstance(tx, venueId, id) : undefined
  if (!held) throw noSuchInstance()
  return held
}

async function noted(
  tx: Tx,
  venueId: string,
  id: string,
  entry: Pick<Entry, 'by' | 'kind' | 'note'>,
): Promise<InstanceWhole> {
  await insertEntry(tx, venueId, id, entry)
  return whole(tx, venueId, id)
}

async function whole(tx: Tx, venueId: string, id: string): Promise<InstanceWhole> {
  const instance = await one(tx, venueId, id)
  return { ...instance, history: [...(await readHistory(tx, venueId, id, mostEntries))] }
}

async function one(tx: Tx, venueId: string, id: string): Promise<Instance> {
  const which = { ...everyOne, only: id }
  const [found] = isUuid(id)
    ? await listInstances(tx, venueId, which, { after: null, limit: 1 })
    : []
  if (!found) throw noSuchInstance()
  return found.item
}
