import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { namedBy, refuseUnknownContactPoints } from '../messages/named-contact-points.ts'
import { refuseUnknown } from '../named.ts'
import { listOf, paged } from '../paging.ts'
import { stated } from '../stated.ts'
import { isUuid } from '../uuid.ts'
import { lockCount } from '../venues/limit-store.ts'
import type { Alert, AlertChange, AlertQuery } from './alert-schema.ts'
import { announced } from './announce.ts'
import { beginPolicy, oweTelling } from './escalation-store.ts'
import { closeOpen, type Ending } from './instance-store.ts'
import { keepPolicy } from './policy-store.ts'
import { Rule } from './rule.ts'
import {
  deleteAlert,
  forgetGroups,
  insertAlert,
  listAlerts,
  lockAlert,
  type Revised,
  updateAlert,
} from './rule-store.ts'
import type { GroupState } from './state.ts'
import { tellClosed } from './tell-closed.ts'

const mostAlerts = 500
const everyOne = { enabled: null, state: null, severity: null }

/** A page of the alerts of a venue, the worst first, then the latest. */
export async function pageOfAlerts(
  venueId: string,
  query: AlertQuery,
): Promise<{ items: Alert[]; nextCursor: string | null }> {
  const { enabled = null, state = null, severity = null } = query
  const which = { enabled, state, severity }
  const { items, nextCursor } = await readTenant(venueId, (tx) =>
    paged(venueId, listOf('alerts', query), query, (at) => listAlerts(tx, venueId, which, at)),
  )
  return { items: items.map(({ alert }) => alert), nextCursor }
}

/** One alert; throws a Refusal where there is none. */
export const findAlert = (venueId: string, id: string): Promise<Revised> =>
  readTenant(venueId, (tx) => told(tx, venueId, id))

/** Makes an alert, once for each `onceId`. */
export const addAlert = (
  venueId: string,
  { userId: createdBy, rule, onceId }: { userId: string; rule: Rule; onceId: string },
): Promise<Revised> =>
  withTenant(venueId, async (tx) => {
    if ((await lockCount(tx, venueId, 'alerts', onceId)) >= mostAlerts) {
      throw new Refusal('unprocessable', `The venue has ${mostAlerts} alerts: delete one first`)
    }
    await refuseUnknownNames(tx, venueId, rule)
    return told(tx, venueId, await insertAlert(tx, venueId, { onceId, createdBy, rule }))
  })

/** Changes an alert if it is still of the revision that `isCurrent` accepts. */
export const changeAlert = (
  venueId: string,
  id: string,
  {
    userId,
    change,
    isCurrent,
  }: {
    userId: string
    change: AlertChange
    isCurrent: (id: string, revision: number) => boolean
  },
): Promise<Revised> =>
  announced(
    venueId,
    withTenant(venueId, async (tx) => {
      const { rule: before, revision } = await locked(tx, venueId, id)
      if (!isCurrent(id.toLowerCase(), revision)) {
        throw new Refusal('precondition_failed', 'The alert was changed since it was read')
      }
      const rule = wholeOrRefuse({ ...before, ...stated(change) })
      await refuseUnknownNames(tx, venueId, change)
      await write(tx, venueId, id, { before, rule, userId })
      return told(tx, venueId, id)
    }),
  )

/** Has an alert evaluated, or no longer; nothing where that is so already. */
export const enableAlert = (
  venueId: string,
  id: string,
  { userId, enabled }: { userId: string; enabled: boolean },
): Promise<Revised> =>
  announced(
    venueId,
    withTenant(venueId, async (tx) => {
      const { rule: before } = await locked(tx, venueId, id)
      if (before.enabled !== enabled) {
        await write(tx, venueId, id, { before, rule: { ...before, enabled }, userId })
      }
      return told(tx, venueId, id)
    }),
  )

/** Deletes an alert; its instances, of which the open ones are resolved, and their history stay. */
export const removeAlert = (venueId: string, id: string, userId: string): Promise<void> =>
  announced(
    venueId,
    withTenant(venueId, async (tx) => {
      await locked(tx, venueId, id)
      await end(tx, venueId, id, { by: userId, reason: 'The alert was deleted' })
      await deleteAlert(tx, venueId, id)
    }),
  )

type Written = { before: Rule; rule: Rule; userId: string }

// What was found by another rule says nothing of this one: what waits to fire begins anew, and what
// fires goes on only while it is of the same number and the same groups.
async function write(tx: Tx, venueId: string, id: string, { before, rule, userId }: Written) {
  await updateAlert(tx, venueId, id, rule)
  if (before.enabled && !rule.enabled) {
    // What was dismissed must still be over once, also when the alert is enabled again.
    return end(tx, venueId, id, { by: userId, reason: 'The alert was disabled' }, [...active])
  }
  if (watchedBy(before) !== watchedBy(rule)) {
    return end(tx, venueId, id, { by: userId, reason: 'The alert was changed' })
  }
  if (questionOf(before) !== questionOf(rule)) await forgetGroups(tx, venueId, id, ['pending'])
  const { escalationPolicyId, contactPointIds } = rule
  if (contactPointIds.some((one) => !before.contactPointIds.includes(one))) {
    await oweTelling(tx, venueId, id)
  }
  if (before.escalationPolicyId !== escalationPolicyId) {
    await beginPolicy(tx, venueId, id, escalationPolicyId)
  }
}

const active = ['inactive', 'pending', 'firing', 'recovering'] as const

async function end(
  tx: Tx,
  venueId: string,
  id: string,
  why: Ending,
  forgotten: GroupState['status'][] = [...active, 'dismissed'],
) {
  const closed = await closeOpen(tx, venueId, { alertId: id }, why)
  await tellClosed(tx, venueId, closed, { reason: why.reason, at: new Date() })
  await forgetGroups(tx, venueId, id, forgotten)
}

/** Of what a rule watches: the same for the same number and groups. */
const watchedBy = ({ query: { metric, per, currency, groupBy } }: Rule): string =>
  JSON.stringify([metric, per, currency, [...groupBy].sort()])

/** What a rule asks and when that is too much; the same text for the same, in whatever order it came. */
const questionOf = ({ query, condition }: Rule): string =>
  JSON.stringify([query, condition], (_key, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )

const noSuchAlert = (): Refusal => new Refusal('not_found', 'There is no such alert')

async function locked(tx: Tx, venueId: string, id: string) {
  const found = isUuid(id) ? await lockAlert(tx, venueId, id) : undefined
  if (!found) throw noSuchAlert()
  return found
}

async function told(tx: Tx, venueId: string, id: string): Promise<Revised> {
  const [found] = isUuid(id)
    ? await listAlerts(tx, venueId, everyOne, { after: null, limit: 1 }, id)
    : []
  if (!found) throw noSuchAlert()
  return found.item
}

// A change fits the rest of the rule, or it is refused as a body that is not right.
function wholeOrRefuse(rule: Rule): Rule {
  const { data, error } = Rule.safeParse(rule)
  if (data) return data
  const issues = error.issues.map(({ path, code, message }) => ({
    path: path.join('.'),
    code,
    message: `${path.join('.')}: ${message}`,
  }))
  throw new Refusal('bad_request', `The body is not right: ${issues[0]?.message}`, issues)
}

type Names = Pick<AlertChange, 'contactPointIds' | 'escalationPolicyId'>

async function refuseUnknownNames(
  tx: Tx,
  venueId: string,
  { contactPointIds = [], escalationPolicyId = null }: Names,
): Promise<void> {
  await refuseUnknownContactPoints(tx, venueId, namedBy(contactPointIds))
  if (escalationPolicyId === null) return
  const known = (await keepPolicy(tx, venueId, escalationPolicyId)) ? [escalationPolicyId] : []
  const named = [{ path: 'escalationPolicyId', id: escalationPolicyId }]
  refuseUnknown(named, known, 'escalation policy')
}
