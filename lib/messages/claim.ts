import { randomUUID } from 'node:crypto'
import type { Tx } from '../clients/postgres.ts'
import { readVenue } from '../venues/store.ts'
import { mostTries } from './back-off.ts'
import {
  type Destination,
  type Due,
  deferMessages,
  fillMinutes,
  gather,
  lockDestinations,
  lockDue,
  readGrouped,
  takeMessages,
} from './claims.ts'
import { type End, endMessages } from './end-store.ts'
import { ownTexts } from './own-texts.ts'
import type { Content } from './render.ts'
import { roomOf } from './room.ts'
import { takenCareOf } from './store.ts'
import { listOverrides } from './template-store.ts'
import { mayGoAt } from './timing.ts'

/** How long a claim holds: longer than a sending may take. After it another worker may send. */
const leaseSeconds = 60
const mostOfGroup = 100

/** What a worker has: a message, those that go with it, and where it goes. */
export type Work = { lead: Due; destination: Destination; contents: Content[] }
export type Claim = {
  claimId: string
  works: Work[]
  deferred: { id: string; until: number }[]
  dead: number
}

/**
 * Takes of some messages those that may go now; `now` is epoch ms. What may not go waits, what can go
 * nowhere is dead.
 */
export async function claimMessages(
  tx: Tx,
  venueId: string,
  messageIds: readonly string[],
  now: number,
): Promise<Claim> {
  const claimId = randomUUID()
  const found = await lockDestinations(tx, venueId, messageIds)
  const destinations = new Map(found.map((one) => [one.id, one]))
  const due = await lockDue(tx, venueId, messageIds)
  if (due.length === 0) return { claimId, works: [], deferred: [], dead: 0 }
  const dead: End[] = []
  const deferred: Claim['deferred'] = []
  const leads = new Map<string, Due>()
  for (const one of due) {
    const destination = destinations.get(one.contactPointId)
    const reason = whyNever(one, destination)
    if (reason !== undefined || !destination) {
      dead.push(deadOf(one, reason))
      continue
    }
    const until = mayGoAt(
      { severity: one.severity, since: one.createdAt.getTime() },
      destination.preferences,
      now,
    )
    if (until > now) deferred.push({ id: one.id, until })
    // Another of the same group is gathered, or waits for the next tick.
    else if (!leads.has(groupOf(one, destination))) leads.set(groupOf(one, destination), one)
  }
  const works = new Map<string, { lead: Due; destination: Destination }>()
  for (const [id, some] of Map.groupBy(leads.values(), ({ contactPointId }) => contactPointId)) {
    const destination = destinations.get(id)
    if (!destination) continue
    const room = roomOf(destination, some.length, now)
    destination.busyUntil = room.busyUntil
    some.forEach((lead, i) => {
      const until = room.waits[i - room.count]
      if (i < room.count) works.set(lead.id, { lead, destination })
      else if (until !== undefined) deferred.push({ id: lead.id, until })
    })
  }
  if (dead.length > 0) {
    await endMessages(tx, venueId, dead, { claimId: null, hasGroups: true })
  }
  if (deferred.length > 0) await deferMessages(tx, venueId, deferred)
  const contents = await take(tx, venueId, [...works.values()], claimId)
  return { claimId, works: contents, deferred, dead: dead.length }
}

async function take(
  tx: Tx,
  venueId: string,
  works: { lead: Due; destination: Destination }[],
  claimId: string,
): Promise<Work[]> {
  if (works.length === 0) return []
  for (const { lead, destination } of works) {
    const isDigest = isInDigest(lead, destination)
    if (lead.attempts > 0 || (lead.groupKey === null && !isDigest)) continue
    await gather(tx, venueId, lead, { isDigest, most: mostOfGroup - 1 })
  }
  const ids = works.map(({ lead }) => lead.id)
  await takeMessages(tx, venueId, ids, { claimId, leaseSeconds })
  const used = new Map(works.map(({ destination }) => [destination.id, destination]))
  const filled = [...used.values()].map(({ id, busyUntil }) => ({ id, busyUntil: busyUntil ?? 0 }))
  await fillMinutes(tx, venueId, filled)
  const grouped = Map.groupBy(await readGrouped(tx, venueId, ids), (one) => one.groupedInto)
  const overrides = await listOverrides(tx, venueId)
  const { timeZone } = (await readVenue(tx, venueId)).settings
  return works.map(({ lead, destination: { ...destination } }) => ({
    lead,
    destination,
    contents: inOrder([lead, ...(grouped.get(lead.id) ?? [])]).map(
      ({ template, data, facts, createdAt }) => {
        const { locale } = destination
        const own = overrides.find((one) => one.template === template && one.locale === locale)
        const texts = own ?? ownTexts(template, locale)
        return { template, data, facts, createdAt, texts, reader: { locale, timeZone } }
      },
    ),
  }))
}

const inOrder = (some: Due[]): Due[] =>
  some.toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime())

const isInDigest = ({ severity }: Due, { preferences }: Destination): boolean =>
  Boolean(preferences?.digest) && severity !== 'critical'

const groupOf = (one: Due, destination: Destination): string => {
  // What was tried before goes as it went.
  if (one.attempts > 0) return one.id
  const kind = isInDigest(one, destination) ? 'digest' : one.groupKey
  return kind === null ? one.id : JSON.stringify([one.contactPointId, kind])
}

function whyNever(one: Due, destination: Destination | undefined): string | undefined {
  if (one.isOver) {
    return one.isWithdrawn ? takenCareOf : 'It was over before this could be told'
  }
  if (!destination) return 'The contact point is gone'
  if (!destination.enabled) return 'The contact point is switched off'
  const { preferences, kind } = destination
  if (preferences && !preferences.channels[kind]) return 'The person wants nothing on this channel'
  return one.tries >= mostTries ? 'The workers that sent it ended before they knew how' : undefined
}

const deadOf = ({ id }: Due, reason: string | undefined): End => ({
  ...{ id, status: 'dead', reason: reason ?? null },
  ...{ providerId: null, httpStatus: null, retrySeconds: null },
})
