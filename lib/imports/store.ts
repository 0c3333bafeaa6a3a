import { withTenant } from '../clients/postgres.ts'

/** An event that was or will be sent. Without the fingerprint its id alone must do. */
export type Asked = { eventId: string; fingerprint?: string | undefined }

/** What the ledger says of an event: counted, or why not. */
export type Fate = {
  eventId: string
  fingerprint: string
  isCounted: boolean
  path: string
  message: string
}

/** What became of a venue's events; one of which nothing is known yet is left out. */
export function readFates(venueId: string, asked: readonly Asked[]): Promise<Fate[]> {
  const ids = JSON.stringify(asked.map(({ eventId }) => eventId))
  // By fingerprint where there is one: the quarantine has an index for it and none for ids.
  const fingerprints = JSON.stringify(asked.flatMap(({ fingerprint }) => fingerprint ?? []))
  const unmarked = asked.filter(({ fingerprint }) => fingerprint === undefined)
  const unmarkedIds = JSON.stringify(unmarked.map(({ eventId }) => eventId))
  return withTenant(venueId, async (tx) => {
    const counted = tx<Fate[]>`
      select event_id, fingerprint, true as is_counted, '' as path, '' as message
        from inbox
       where venue_id = ${venueId}
         and event_id in (select jsonb_array_elements_text(${ids}::text::jsonb))`
    const quarantined = tx<Fate[]>`
      select event_id, fingerprint, false as is_counted, path, message
        from quarantine
       where venue_id = ${venueId}
         and fingerprint in (select jsonb_array_elements_text(${fingerprints}::text::jsonb))`
    const byId =
      unmarked.length > 0
        ? tx<Fate[]>`
            select event_id, fingerprint, false as is_counted, path, message
              from quarantine
             where venue_id = ${venueId}
               and event_id in (select jsonb_array_elements_text(${unmarkedIds}::text::jsonb))`
        : []
    return (await Promise.all([counted, quarantined, byId])).flat()
  })
}
