import { instantOfLocal, offsetAt } from '../../lib/time/zones.ts'
import type { Chance } from './chance.ts'
import { dayMs, hourMs, minuteMs } from './event.ts'
import type { Performance } from './programme.ts'

// The curve has the shape of a U: a rush when sales open, a quiet middle, a rush at the end.
// ToneDen's guide for organisers puts the rushes into the 7 to 14 days after the on-sale and
// before the show; Ticketleap counts half of all sales in the week of the show, Pollstar 57 %
// (2022 to 2024). Named shows with a long sale, as these, sell more of theirs at once.
const rush = { share: 0.27, meanDays: 2.2 }
const finish = { share: 0.48, meanDays: 5 }

// Ticketleap finds 10 o'clock the busiest hour and sales strong until 16; the evening's own, lower
// peak is an assumption. Weights of the 24 hours.
const hours = [3, 2, 1, 1, 1, 2, 3, 5, 9, 13, 15, 14, 14, 13, 13, 12, 11, 9, 8, 9, 10, 9, 7, 5]
const hourWeights = Object.fromEntries(hours.map((weight, hour) => [String(hour), weight]))

// Sunday first: people plan on working days.
const weekdays = [0.85, 1.1, 1.1, 1.1, 1.05, 1, 0.8]

/** The share of a performance's sales that falls into [from, to), epoch ms. */
export function shareBetween(performance: Performance, from: number, to: number): number {
  const { timezone } = performance
  const weekday = new Date(from + offsetAt(from, timezone)).getUTCDay()
  const share = soldBy(performance, to) - soldBy(performance, from)
  return share * (weekdays[weekday] ?? 1)
}

/** Up to when tickets are sold: latecomers still buy at the box office. */
export const salesEndOf = ({ startsAt, calledOffAt }: Performance): number =>
  calledOffAt ?? startsAt + 15 * minuteMs

/** When in a day of sales somebody comes to buy. `end` is the day's end. */
export function momentWithin(
  performance: Performance,
  { start, end }: { start: number; end: number },
  chance: Chance,
): number {
  const { onSaleAt, timezone } = performance
  const last = Math.min(end, salesEndOf(performance)) - minuteMs
  if (onSaleAt >= start) {
    // The queue before the opening, half of it served within the hour.
    const at = onSaleAt + chance.wait(80 * minuteMs)
    return Math.floor(at < last ? at : onSaleAt + chance.real() * (last - onSaleAt))
  }
  const hour = Number(chance.weighed(hourWeights))
  const midnight = start + offsetAt(start, timezone)
  const at = instantOfLocal(midnight + (hour + chance.real()) * hourMs, timezone)
  return Math.floor(at < last ? at : start + chance.real() * (last - start))
}

function soldBy(performance: Performance, at: number): number {
  const { onSaleAt, startsAt } = performance
  const length = (startsAt - onSaleAt) / dayMs
  const past = Math.min(length, Math.max(0, (at - onSaleAt) / dayMs))
  const opening = 1 - Math.exp(-past / rush.meanDays)
  const closing = Math.exp(-(length - past) / finish.meanDays) - Math.exp(-length / finish.meanDays)
  const whole = 1 - Math.exp(-length / finish.meanDays)
  const middle = 1 - rush.share - finish.share
  return rush.share * opening + (finish.share * closing) / whole + (middle * past) / length
}
