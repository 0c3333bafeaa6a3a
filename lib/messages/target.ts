import { config } from '../config.ts'
import { digestOf, seal, unseal } from '../idempotency/seal.ts'
import type { Target } from './channel.ts'
import { targetAsText, targetFromText } from './contact-point.ts'

const keyOf = (venueId: string): Buffer =>
  digestOf(config('privacy').PSEUDONYM_SECRET, 'contact point', venueId)

/** A target as it is kept: nobody can read it without the service's secret. */
export const sealTarget = (venueId: string, target: Target): Buffer =>
  seal(keyOf(venueId), targetAsText(target))

/** The target of what `sealTarget` made; throws for one of another venue or secret. */
export const unsealTarget = (venueId: string, sealed: Uint8Array): Target =>
  targetFromText(unseal(keyOf(venueId), sealed))
