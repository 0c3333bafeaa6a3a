import type { Outcome } from '../channel.ts'

const longestWaitSeconds = 10 * 3600
const busy = new Set([408, 425, 429])

/**
 * What an HTTP status says of a sending. A receiver that is busy, broken or elsewhere (3xx, never
 * followed) may take the message later; any other refusal (4xx) would be the same again.
 */
export function outcomeOf(
  status: number,
  retryAfter: string | undefined,
  excerpt: string,
  now: Date,
): Outcome {
  if (status >= 200 && status < 300) return { ok: true, providerId: null }
  const isPassing = status < 400 || status >= 500 || busy.has(status)
  const retryAfterSeconds = isPassing ? secondsOf(retryAfter, now) : undefined
  return {
    ok: false,
    isPassing,
    reason: `the receiver answered ${status}`,
    status,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(excerpt && { excerpt }),
  }
}

/** Seconds of a Retry-After, which is a number or a date; ten hours at most. */
function secondsOf(text: string | undefined, now: Date): number | undefined {
  if (!text) return undefined
  const isNumber = /^\s*\d{1,9}\s*$/.test(text)
  const seconds = isNumber ? Number(text) : Math.ceil((Date.parse(text) - now.getTime()) / 1000)
  if (Number.isNaN(seconds)) return undefined
  return Math.min(Math.max(seconds, 0), longestWaitSeconds)
}
