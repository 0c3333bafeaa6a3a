import { bucketStarts, type Calendar } from '../time/periods.ts'

/** The sizes of windows, each cut by the venue's own clock. */
export const tiers = ['minute', '5min', 'hour', 'day', 'week', 'month'] as const
export type Tier = (typeof tiers)[number]

/** [start, end) in epoch ms. */
export type Window = { tier: Tier; start: number; end: number }

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** How long after its end a window is kept; days and longer stay for ever. */
export const keptMs: Partial<Record<Tier, number>> = {
  minute: hourMs,
  '5min': dayMs,
  hour: 7 * dayMs,
}

// No window of a tier is longer, whatever its clocks do.
const longestMs: Record<Tier, number> = {
  minute: minuteMs,
  '5min': 5 * minuteMs,
  hour: hourMs,
  day: 2 * dayMs,
  week: 9 * dayMs,
  month: 33 * dayMs,
}

/** The window of a tier that holds an instant (epoch ms). */
export function windowOf(tier: Tier, instant: number, calendar: Calendar): Window {
  const reach = longestMs[tier] + 1
  const starts = bucketStarts(instant - reach, instant + reach, tier, calendar, 100)
  const index = starts.findLastIndex((start) => start <= instant)
  const [start, end] = [starts[index], starts[index + 1]]
  if (start === undefined || end === undefined) throw new RangeError(`No ${tier} at ${instant}`)
  return { tier, start, end }
}

/**
 * Every window that holds one of the instants (epoch ms, ascending), except those that are not
 * kept any more at `now`.
 */
export function windowsOf(instants: readonly number[], calendar: Calendar, now: number): Window[] {
  return tiers.flatMap((tier) => {
    const oldest = now - (keptMs[tier] ?? Number.POSITIVE_INFINITY)
    const found: Window[] = []
    for (const instant of instants) {
      const last = found.at(-1)
      if (last && instant < last.end) continue
      if (instant + longestMs[tier] <= oldest) continue
      found.push(windowOf(tier, instant, calendar))
    }
    return found.filter(({ end }) => end > oldest)
  })
}

/** The windows of a tier that touch [from, to), epoch ms, in their order. */
export function windowsWithin(tier: Tier, from: number, to: number, calendar: Calendar): Window[] {
  const found: Window[] = []
  for (let at = from; at < to; at = found.at(-1)?.end ?? to) {
    found.push(windowOf(tier, at, calendar))
  }
  return found
}

/** Each window once. */
export const distinct = (windows: Window[]): Window[] => [
  ...new Map(windows.map((window) => [`${window.tier} ${window.start}`, window])).values(),
]

/** The times that windows cover without a gap, by tier. */
export function covered(windows: Window[]): Window[] {
  const sorted = [...windows].sort(
    (a, b) => tiers.indexOf(a.tier) - tiers.indexOf(b.tier) || a.start - b.start,
  )
  const found: Window[] = []
  for (const { tier, start, end } of sorted) {
    const last = found.at(-1)
    if (last?.tier === tier && last.end >= start) last.end = Math.max(last.end, end)
    else found.push({ tier, start, end })
  }
  return found
}

/** The calendar as text: windows cut by another are made anew. */
export const calendarText = ({ timeZone, dayStart, weekStart }: Calendar): string =>
  `${timeZone} ${dayStart} ${weekStart}`
