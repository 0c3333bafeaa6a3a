import { withTenantJob } from '../clients/postgres.ts'
import { addToShows } from '../show-sums/store.ts'
import { readVenue } from '../venues/store.ts'
import {
  changedInstants,
  closedWindows,
  computeWindows,
  dropExpired,
  dropWindows,
  saveProgress,
  takeLease,
} from './store.ts'
import { calendarText, distinct, keptMs, windowsOf } from './window.ts'

/**
 * Brings the windows of a venue up to the last moment recorded, in one transaction: those that new
 * entries fall into, however old, and those that are over since. A tick that finds another at work
 * does nothing; one that dies leaves nothing half, and the next does its work. Returns the number
 * of rows that changed.
 *
 * Statements that do not wait for an answer are sent together: the connection carries them in order,
 * and 500 venues wait less for round trips than for the work.
 */
export async function aggregateVenue(venueId: string): Promise<number> {
  return withTenantJob(venueId, async (tx) => {
    const [progress, { settings }] = await Promise.all([
      takeLease(tx, venueId),
      readVenue(tx, venueId),
    ])
    if (!progress) return 0
    const { recordedUntil: until, now } = progress
    const calendar = calendarText(settings)
    const isRecut = progress.calendar !== calendar
    if (!isRecut && !progress.isDue && progress.aggregatedUntil === until) return 0
    if (isRecut) await dropWindows(tx, venueId)
    const [instants, closed] = await Promise.all([
      changedInstants(tx, venueId, {
        after: isRecut ? null : progress.aggregatedUntil,
        until,
        fineFrom: now - (keptMs['5min'] ?? 0) - (keptMs.minute ?? 0),
      }),
      closedWindows(tx, venueId, now),
    ])
    const windows = distinct([...windowsOf(instants, settings, now), ...closed])
    const [rows] = await Promise.all([
      windows.length ? computeWindows(tx, venueId, windows, { until, now }) : 0,
      addToShows(tx, venueId, { after: progress.aggregatedUntil, until }),
      dropExpired(tx, venueId, now),
      saveProgress(tx, venueId, { until, calendar }),
    ])
    return rows
  })
}
