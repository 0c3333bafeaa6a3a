import type { Tx } from '../clients/postgres.ts'
import { refuseUnknown } from '../named.ts'
import { alertsNamedBy, type Matcher } from './matchers.ts'
import { knownAlerts } from './rule-store.ts'

/** Refuses matchers that name an alert which the venue does not have; its place is told. */
export async function refuseUnknownAlerts(
  tx: Tx,
  venueId: string,
  matchers: readonly Matcher[],
): Promise<void> {
  const named = alertsNamedBy(matchers)
  if (named.length === 0) return
  const ids = named.map(({ id }) => id)
  const known = (await knownAlerts(tx, venueId, ids)).map(({ id }) => id)
  refuseUnknown(named, known, 'alert')
}
