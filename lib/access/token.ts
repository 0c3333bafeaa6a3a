import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import * as z from 'zod'
import { config } from '../config.ts'
import { describeFault, log } from '../log.ts'
import { type Caller, roles } from './grants.ts'

const venueId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const Claims = z.object({
  sub: z.string().min(1).max(256),
  venues: z.record(venueId, z.enum(roles)).optional(),
  scope: z.enum(['ingest', 'ops']).optional(),
  venue: venueId.optional(),
  exp: z.number(),
})

const longestToken = 16_384
const cooldownMs = 30_000
const maxAgeMs = 600_000
let keys: ReturnType<typeof createRemoteJWKSet> | undefined
let refreshAt = 0

/**
 * Who a token speaks for, undefined for a token that is not good: signed by a key of ours with an
 * algorithm of ours, for us, not expired, and with claims of the contract's form (§2). Throws when
 * the keys cannot be read: then nobody knows whether the token is good.
 */
export async function callerOfToken(token: string): Promise<Caller | undefined> {
  if (token.length > longestToken) return undefined
  const { JWKS_URL, TOKEN_ISSUER, TOKEN_AUDIENCE } = config('tokens')
  try {
    const { payload } = await jwtVerify(token, await keysOf(JWKS_URL), {
      algorithms: ['ES256', 'RS256'],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      typ: 'JWT',
      requiredClaims: ['exp', 'sub'],
      clockTolerance: 5,
    })
    return callerOfClaims(payload)
  } catch (error) {
    if (isBadToken(error)) return undefined
    throw error
  }
}

// jose itself forgets keys of ten minutes when it cannot read them again. A key that was good then
// goes on opening while their server is away, which is asked once in a cooldown.
async function keysOf(url: string) {
  keys ??= createRemoteJWKSet(new URL(url), {
    cooldownDuration: cooldownMs,
    timeoutDuration: 3000,
    cacheMaxAge: Number.POSITIVE_INFINITY,
  })
  const now = Date.now()
  if (!keys.jwks()) refreshAt = now + maxAgeMs
  if (now < refreshAt) return keys
  refreshAt = now + cooldownMs
  try {
    await keys.reload()
    refreshAt = now + maxAgeMs
  } catch (error) {
    log('warn', 'the known keys stay, their server does not answer', describeFault(error))
  }
  return keys
}

function callerOfClaims(payload: unknown): Caller | undefined {
  const parsed = Claims.safeParse(payload)
  if (!parsed.success) return undefined
  const { sub, venues, scope, venue, exp } = parsed.data
  if (scope === 'ingest' && !venue) return undefined
  // A write key and an operations token may do that alone, whatever else they claim.
  return {
    userId: sub,
    venues: scope ? {} : (venues ?? {}),
    ingestVenue: scope === 'ingest' ? (venue ?? null) : null,
    isOps: scope === 'ops',
    expiresAt: exp * 1000,
  }
}

const isBadToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  error.constructor !== errors.JOSEError // the key server answered, but not with keys
