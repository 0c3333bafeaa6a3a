import { readTenant } from '../clients/postgres.ts'
import { readVenue } from '../venues/store.ts'
import { type Answer, ask } from './ask.ts'
import { keyOf, type Labels, type Point } from './state.ts'
import { readEnabledRules } from './tick-store.ts'

/** What the rules of a venue found at a tick: answers by the keys of their questions. */
export type Found = { answers: Map<string, Answer>; timeZone: string }

/** Asks what the enabled rules of a venue watch, at a tick (epoch ms). Throws StoreUnavailable. */
export async function findAnswers(venueId: string, tick: number): Promise<Found> {
  const [enabled, { settings }] = await readTenant(venueId, (tx) =>
    Promise.all([readEnabledRules(tx, venueId), readVenue(tx, venueId)]),
  )
  const rules = enabled.map(({ rule }) => rule)
  return { answers: await ask(venueId, rules, tick), timeZone: settings.timeZone }
}

/** The points of a rule: of each group that was found or is known, one. */
export function pointsOf(answer: Answer, known: readonly Labels[]): Point[] {
  if ('fault' in answer) {
    const labels = known.length > 0 ? known : [{}]
    return labels.map((one) => ({ kind: 'error', labels: one, reason: answer.fault }))
  }
  const { now, before } = answer
  const all = new Map(known.map((labels) => [keyOf(labels), labels]))
  // A group that was there before and is not now has fallen to nothing.
  for (const [key, { labels }] of [...(before?.groups ?? []), ...now.groups]) all.set(key, labels)
  return [...all].map(([key, labels]) => {
    const reading = now.groups.get(key)
    const value = reading ? reading.value : now.empty
    const isThere = reading?.isThere ?? false
    if (value === null) return { kind: 'none', labels }
    if (!before) return { kind: 'value', labels, value, isThere }
    const compared = before.groups.get(key)?.value ?? before.empty
    return { kind: 'value', labels, value, isThere, compared }
  })
}
