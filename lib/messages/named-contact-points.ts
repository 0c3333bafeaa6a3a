import type { Tx } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { knownContactPoints } from './contact-point-store.ts'

/** A contact point that a body names, and where in it. */
export type Named = { path: string; id: string }

/** Refuses a body that names a contact point which the venue does not have; its place is told. */
export async function refuseUnknownContactPoints(
  tx: Tx,
  venueId: string,
  named: readonly Named[],
): Promise<void> {
  if (named.length === 0) return
  const ids = named.map(({ id }) => id)
  const known = await knownContactPoints(tx, venueId, ids)
  const unknown = named.find(({ id }) => !known.includes(id.toLowerCase()))
  if (!unknown) return
  const message = 'There is no such contact point in the venue'
  throw new Refusal('unprocessable', message, [{ path: unknown.path, code: 'unknown', message }])
}

/** What a field `contactPointIds` names. */
export const namedBy = (ids: readonly string[], path = 'contactPointIds'): Named[] =>
  ids.map((id, i) => ({ path: `${path}.${i}`, id }))
