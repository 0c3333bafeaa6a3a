import { withTenantJob } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { describeFault, log } from '../log.ts'
import { mostTries, retryAfter } from './back-off.ts'
import { type Outcome, send, type Target } from './channel.ts'
import { type Claim, claimMessages, type Work } from './claim.ts'
import { type Destination, type End, endMessages } from './claims.ts'
import { sendToWorker } from './hand-over.ts'
import { render } from './render.ts'
import { unsealTarget } from './target.ts'

/** A receiver that has not answered by then has failed. */
const patienceMs = 15_000
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
  const ends = await Promise.all(claim.works.map((work) => sendOne(venueId, work, targetOf)))
  if (ends.length > 0) {
    const hasGroups = claim.works.some(({ contents }) => contents.length > 1)
    const of = { claimId: claim.claimId, hasGroups }
    await withTenantJob(venueId, (tx) => endMessages(tx, venueId, ends, of))
  }
  await sendSoon(venueId, claim, ends)
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
    return await send(target, message, AbortSignal.timeout(patienceMs))
  } catch (error) {
    log('error', 'a message cannot be sent', { venue: venueId, ...describeFault(error) })
    const reason = 'The message could not be made; the log of the service tells why'
    return { ok: false, isPassing: true, reason }
  }
}

async function sendSoon(venueId: string, { deferred }: Claim, ends: readonly End[]) {
  const now = Date.now()
  const waits = [
    ...ends.map(({ id, retrySeconds }) => ({ id, seconds: retrySeconds ?? soonSeconds })),
    ...deferred.map(({ id, until }) => ({ id, seconds: Math.ceil((until - now) / 1000) })),
  ].filter(({ seconds }) => seconds < soonSeconds)
  for (const [seconds, some] of Map.groupBy(waits, (one) => Math.max(0, one.seconds))) {
    const ids = some.map(({ id }) => id)
    await sendToWorker(venueId, ids, seconds).catch((error: unknown) => {
      log('warn', 'messages wait for the clock', { venue: venueId, ...describeFault(error) })
    })
  }
}
