import { withTenant } from '../../lib/clients/postgres.ts'

/** Exports of a venue by what may be done with them. */
export type ExportIds = { exportId: string; endedId: string; spareId: string }

/**
 * Puts exports of `u-1` into a venue, whose files were never written: one that is completed, one that
 * was cancelled, one that may be deleted.
 */
export const insertExports = (venueId: string): Promise<ExportIds> =>
  withTenant(venueId, async (tx) => {
    const calendar = { timeZone: 'UTC', dayStart: '00:00', weekStart: 'monday', currency: 'USD' }
    const options = { includeTest: false, gzip: false, bom: false, delimiter: ',', decimal: '.' }
    const [from, to] = [Date.parse('2026-06-01'), Date.parse('2026-06-08')]
    const question = JSON.stringify({ from, to, filters: [], options, calendar })
    const rows = await tx<{ id: string; status: string }[]>`
      insert into exports (venue_id, once_id, created_by, type, format, question, as_of, status,
                           progress, object_key, expires_at)
      select ${venueId}, gen_random_uuid()::text, 'u-1', 'sales-daily', 'csv',
             ${question}::text::jsonb, now(), s.status, 100,
             case s.status when 'completed' then 'venues/v/exports/x/y.csv' end,
             now() + interval '7 days'
        from (values ('completed'), ('cancelled'), ('expired')) as s (status)
   returning export_id as id, status`
    const idOf = (status: string) => rows.find((row) => row.status === status)?.id ?? ''
    return {
      exportId: idOf('completed'),
      endedId: idOf('cancelled'),
      spareId: idOf('expired'),
    }
  })
