import { withTenantJob } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { within } from '../deadline.ts'
import { describeFault, log } from '../log.ts'
import { mostTries, retryAfter } from './back-off.ts'
import { type Outcome, send, type Target } from './channel.ts'
import { claimMessages, type Work } from './claim.ts'
import type { Destination } from './claims.ts'
import { type End, endMessages } from './end-store.ts'
import { sendToWorker } from './hand-over.ts'
import { render } from './render.ts'
import { unsealTarget } from './target.ts'

/** Who has not answered by then has failed. Posts wait for their turn before, and watch both themselves. */
const patienceMs = { email: 15_000, sms: 15_000, push: 15_000, slack: 28_000, webhook: 28_000 }
/** What has ended by then is noted: it does not wait for those that are slow. */
const quickMs = 1000
/** How soon what did not leave the house is looked at again. */
const untriedSeconds = 5
/** What is due later is found by the clock in time. */
const soonSeconds = 60

/**
 * Sends of some messages those that are due and that nobody has. Where a worker dies, another sends
 * again under the same key; where it lives, each goes once. Returns counts for the log.
 */
export async function sendMessages(
  venueId: string,
  messageIds: readonly string[],
): Promise<Record<string, number>> {
  const claim = await withTenantJob(venueId, (tx) =>
    claimMessages(tx, venueId, messageIds, Date.now()),
  )
  const targetOf = unsealing(venueId)
  const hasGroups = claim.works.some(({ contents }) => contents.length > 1)
  const of = { claimId: claim.claimId, hasGroups }
  const note = async (some: readonly End[]) => {
    if (some.length > 0) await withTenantJob(venueId, (tx) => endMessages(tx, venueId, some, of))
    await sendSoon(venueId, some.map(({ id, retrySeconds }) => ({ id, seconds: retrySeconds }))) // biome-ignore format: one line
  }
  const now = Date.now()
  const waits = claim.deferred.map(({ id, until }) => ({ id, seconds: Math.ceil((until - now) / 1000) })) // biome-ignore format: one line
  const running = claim.works.map((work) => sendOne(venueId, work, targetOf))
  await sendSoon(venueId, waits)
  const quick = await endedWithin(quickMs, running)
  await note(quick)
  const ends = await Promise.all(running)
  await note(ends.filter((end) => !quick.includes(end)))
  const count = (status: End['status']) => ends.filter((end) => end.status === status).length
  return {
    sent: count('sent'),
    failing: count('failed'),
    dead: claim.dead + count('dead'),
    deferred: claim.deferred.length,
  }
}

type TargetOf = (destination: Destination) => Target

/** Unseals each target once, when somebody asks for it: of many messages most go to the same. */
function unsealing(venueId: string): TargetOf {
  const targets = new Map<string, Target>()
  return ({ id, target: sealed }) => {
    const target = targets.get(id) ?? unsealTarget(venueId, sealed)
    targets.set(id, target)
    return target
  }
}

async function sendOne(venueId: string, work: Work, targetOf: TargetOf): Promise<End> {
  const { lead, destination } = work
  const tries = lead.tries + 1
  const outcome = await outcomeOf(venueId, work, targetOf)
  const none = { id: lead.id, reason: null, providerId: null, httpStatus: null, retrySeconds: null }
  if (outcome.ok) return { ...none, status: 'sent', providerId: outcome.providerId }
  const { isPassing, reason, retryAfterSeconds, status: httpStatus = null } = outcome
  if (outcome.isUntried) {
    return { ...none, status: 'failed', reason, retrySeconds: untriedSeconds, isUntried: true }
  }
  const retrySeconds = isPassing ? retryAfter(destination.kind, tries, retryAfterSeconds) : null
  const isDead = retrySeconds === null
  log(isDead ? 'error' : 'warn', isDead ? 'a message is dead' : 'a message waits', {
    ...{ venue: venueId, sending: lead.id, channel: destination.kind, tries, of: mostTries },
    status: httpStatus,
  })
  return { ...none, status: isDead ? 'dead' : 'failed', reason, httpStatus, retrySeconds }
}

async function outcomeOf(
  venueId: string,
  { lead, destination, contents }: Work,
  targetOf: TargetOf,
): Promise<Outcome> {
  try {
    const target = targetOf(destination)
    const { DASHBOARD_ORIGINS: origins } = config('dashboards')
    const rendered = render(destination.kind, contents, { venueId, origins })
    const { id, dedupeKey, createdAt } = lead
    const message = { id, dedupeKey, createdAt, rendered }
    return await send(target, message, AbortSignal.timeout(patienceMs[destination.kind]))
  } catch (error) {
    log('error', 'a message cannot be sent', { venue: venueId, ...describeFault(error) })
    const reason = 'The message could not be made; the log of the service tells why'
    return { ok: false, isPassing: true, reason }
  }
}

/** What of some work has ended within a time. */
async function endedWithin<T>(ms: number, running: readonly Promise<T>[]): Promise<T[]> {
  const ended: T[] = []
  for (const one of running) one.then((end) => ended.push(end)).catch(() => {})
  await within(ms, Promise.allSettled(running)).catch(() => {})
  return [...ended]
}

async function sendSoon(venueId: string, waits: readonly { id: string; seconds: number | null }[]) {
  const soon = waits.flatMap(({ id, seconds }) =>
    seconds !== null && seconds < soonSeconds ? [{ id, seconds: Math.max(0, seconds) }] : [],
  )
  for (const [seconds, some] of Map.groupBy(soon, (one) => one.seconds)) {
    const ids = some.map(({ id }) => id)
    await sendToWorker(venueId, ids, seconds).catch((error: unknown) => {
      log('warn', 'messages wait for the clock', { venue: venueId, ...describeFault(error) })
    })
  }
}
