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
import { calendarText, keptMs, type Window, windowsOf } from './window.ts'

/**
 * Brings the windows of a venue up to the last moment recorded, in one transaction: those that new
 * entries fall into, however old, and those that are over since. A tick that finds another at work
 * does nothing; one that dies leaves nothing half, and the next does its work. Returns the number
 * of rows that changed.
 */
export async function aggregateVenue(venueId: string): Promise<number> {
  return withTenantJob(venueId, async (tx) => {
    const progress = await takeLease(tx, venueId)
    if (!progress) return 0
    const { settings } = await readVenue(tx, venueId)
    const { recordedUntil: until, now } = progress
    const calendar = calendarText(settings)
    const isRecut = progress.calendar !== calendar
    if (!isRecut && !progress.isDue && progress.aggregatedUntil === until) return 0
    if (isRecut) await dropWindows(tx, venueId)
    const instants = await changedInstants(tx, venueId, {
      after: isRecut ? null : progress.aggregatedUntil,
      until,
      fineFrom: now - (keptMs['5min'] ?? 0) - (keptMs.minute ?? 0),
    })
    const changed = windowsOf(instants, settings, now)
    const windows = distinct([...changed, ...(await closedWindows(tx, venueId, now))])
    const rows = windows.length ? await computeWindows(tx, venueId, windows, { until, now }) : 0
    await addToShows(tx, venueId, { after: progress.aggregatedUntil, until })
    await dropExpired(tx, venueId, now)
    await saveProgress(tx, venueId, { until, calendar })
    return rows
  })
}

const distinct = (windows: Window[]): Window[] => [
  ...new Map(windows.map((window) => [`${window.tier} ${window.start}`, window])).values(),
]
