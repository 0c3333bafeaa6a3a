import * as z from 'zod'

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as it is written (`30s`, `5m`, `1h`, `7d`), in ms; NaN for what is none. A day is 24 hours. */
export function durationMs(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return unit ? Number(count) * unitMs[unit as keyof typeof unitMs] : Number.NaN
}

/** The start of the minute that holds a moment: the tick that is evaluated then. */
export const tickAt = (moment: Date): Date =>
  new Date(Math.floor(moment.getTime() / unitMs.m) * unitMs.m)

/** A duration between two others, both included. */
export const duration = (least: string, most: string) =>
  z
    .string()
    .refine(
      (text) => durationMs(text) >= durationMs(least) && durationMs(text) <= durationMs(most),
      { error: `must be a duration like 5m, 1h or 7d, from ${least} to ${most}` },
    )
    .meta({ examples: ['5m'] })
