import { Refusal } from './errors.ts'

/** Something that a body names by its id, and where in it. */
export type Named = { path: string; id: string }

/** Refuses a body that names what the venue does not have; its place is told. */
export function refuseUnknown(
  named: readonly Named[],
  known: readonly string[],
  what: string,
): void {
  const unknown = named.find(({ id }) => !known.includes(id))
  if (!unknown) return
  const message = `There is no such ${what} in the venue`
  throw new Refusal('unprocessable', message, [{ path: unknown.path, code: 'unknown', message }])
}
