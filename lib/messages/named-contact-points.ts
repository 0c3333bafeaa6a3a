import type { Tx } from '../clients/postgres.ts'
import { type Named, refuseUnknown } from '../named.ts'
import { knownContactPoints } from './contact-point-store.ts'

/** Refuses a body that names a contact point which the venue does not have; its place is told. */
export async function refuseUnknownContactPoints(
  tx: Tx,
  venueId: string,
  named: readonly Named[],
): Promise<void> {
  if (named.length === 0) return
  const asKept = named.map(({ path, id }) => ({ path, id: id.toLowerCase() }))
  const ids = asKept.map(({ id }) => id)
  refuseUnknown(asKept, await knownContactPoints(tx, venueId, ids), 'contact point')
}

/** What a field `contactPointIds` names. */
export const namedBy = (ids: readonly string[], path = 'contactPointIds'): Named[] =>
  ids.map((id, i) => ({ path: `${path}.${i}`, id }))
