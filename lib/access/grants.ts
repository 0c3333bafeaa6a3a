import * as z from 'zod'

/** What a person may do in a venue; each role contains the one before. */
export const roles = ['viewer', 'analyst', 'manager', 'owner'] as const
export type Role = (typeof roles)[number]

/** Who may call a route: anybody, any good token, a role in the path's venue, or a scope. */
export type Access = 'public' | 'token' | 'ops' | Role

/** Who is asking, as the authorizer found it in the token. */
export const Caller = z.object({
  userId: z.string(),
  venues: z.record(z.string(), z.enum(roles)),
  /** The venue of a write key, which may send events and nothing else. */
  ingestVenue: z.string().nullable(),
  isOps: z.boolean(),
  /** When the token ends, epoch ms. */
  expiresAt: z.number(),
})
export type Caller = z.infer<typeof Caller>

/** Whether the caller holds at least `needed` in the venue; undefined when it names it not at all. */
export function holds(caller: Caller, venueId: string, needed: Role): boolean | undefined {
  const held = Object.hasOwn(caller.venues, venueId) ? caller.venues[venueId] : undefined
  return held && roles.indexOf(held) >= roles.indexOf(needed)
}

/**
 * The authorizer's answer as handlers receive it: strings only, because sockets pass no more. A bad
 * token is not refused there but here, so that every refusal has the form of the contract.
 */
export function callerOf(context: unknown): Caller | undefined {
  const caller = (context as { caller?: unknown } | null | undefined)?.caller
  if (typeof caller !== 'string' || caller === '') return undefined
  const parsed = Caller.safeParse(parseJson(caller))
  return parsed.success ? parsed.data : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
