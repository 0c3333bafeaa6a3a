const minuteMs = 60_000

/** How many of some messages may go to a contact point now, and when each of the others may. */
export type Room = { count: number; busyUntil: number; waits: number[] }

/**
 * What a limit of so many a minute leaves: each sending keeps its part of a minute busy, and a whole
 * minute of them may be used at once. Epoch ms.
 */
export function roomOf(
  { perMinute, busyUntil }: { perMinute: number; busyUntil: number | null },
  wanted: number,
  now: number,
): Room {
  const each = minuteMs / perMinute
  const busy = Math.max(busyUntil ?? now, now)
  // A little more than nothing, for what a clock rounds off.
  const free = Math.max(0, Math.floor((now + minuteMs - busy) / each + 1e-6))
  const count = Math.min(wanted, free)
  const until = busy + count * each
  const waits = Array.from(
    { length: wanted - count },
    (_, i) => Math.ceil(until + (i + 1) * each - minuteMs) + 1,
  )
  return { count, busyUntil: until, waits }
}
