import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

const pattern = /^c_[A-Za-z0-9_-]{22}$/

/**
 * The name that stands for a person at one venue: the same id always gives the same one, another
 * venue gives another, and without the secret nobody can find the id by trying.
 */
export function pseudonymOf(secret: string, venueId: string, id: string): string {
  const key = keyOf(secret, venueId)
  const person = `${venueId} ${id}`
  const known = names.get(person)
  if (known) return known
  const digest = createHmac('sha256', key).update(id).digest()
  const name = `c_${digest.subarray(0, 16).toString('base64url')}`
  if (names.size >= mostNames) names.clear()
  names.set(person, name)
  return name
}

/** Whether the text has the form of a pseudonym. Only a trusted sender's may be taken for one. */
export const isPseudonym = (text: string): boolean => pattern.test(text)

// Deriving the key costs as much as using it (8 µs), and a batch is mostly of few venues.
let keys = new Map<string, KeyObject>()
let keysSecret: string | undefined
// People come in bursts: who looks at pages buys, and is scanned at the door.
const names = new Map<string, string>()
const mostNames = 10_000

function keyOf(secret: string, venueId: string): KeyObject {
  if (secret !== keysSecret || keys.size >= 1000) {
    keys = new Map()
    names.clear()
    keysSecret = secret
  }
  const known = keys.get(venueId)
  if (known) return known
  const bytes = createHmac('sha256', secret).update(`pseudonym:${venueId}`).digest()
  const key = createSecretKey(bytes)
  keys.set(venueId, key)
  return key
}
