import { withJob, withTenant } from '../../lib/clients/postgres.ts'

type Kept = { code: string; path: string; eventId: string | null; body: string }

/** What a venue has in quarantine. */
export const quarantineOf = (venueId: string): Promise<Kept[]> =>
  withTenant(
    venueId,
    (tx) => tx<Kept[]>`
      select code, path, event_id, body
        from quarantine
       where venue_id = ${venueId}
       order by code, event_id`,
  )

/** The codes under which a message that names no venue was kept. */
export const unattributedCodes = (body: string): Promise<string[]> =>
  withJob(async (tx) => {
    const rows = await tx<{ code: string }[]>`
      select code from unattributed_quarantine where body = ${body}`
    return rows.map((row) => row.code)
  })

/** How many raw copies of a venue wait for Mongo. */
export const outboxOf = (venueId: string): Promise<number> =>
  withTenant(venueId, async (tx) => {
    const rows = await tx`select document_id from raw_outbox where venue_id = ${venueId}`
    return rows.length
  })

/** Whether the sums by day of a venue wait to be made anew. */
export const areDaysStale = (venueId: string): Promise<boolean> =>
  withTenant(venueId, async (tx) => {
    const [row] = await tx<{ daysStale: boolean }[]>`
      select days_stale from venues where venue_id = ${venueId}`
    return row?.daysStale ?? false
  })
