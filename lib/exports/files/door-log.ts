import type { Dimension } from '../../ledger/entry.ts'
import { type ExportType, instant, text } from '../catalogue.ts'
import { dimensionColumn, messageColumn } from '../dimensions.ts'
import { metricColumn } from '../measured.ts'

const dimensions: Dimension[] = ['event', 'session', 'gate', 'scan_reason', 'source']

export const doorLog: ExportType = {
  name: 'door-log',
  title: 'Door log',
  definition:
    'One row for each scan, accepted or rejected. Devices that were offline tell of it late: it stands where it happened.',
  columns: [
    instant('occurred_at', 'When the ticket was read.'),
    instant('recorded_at', 'When the service learned of it.'),
    messageColumn,
    text('result', 'ok or error.'),
    text('direction', 'entry or exit; empty where it was rejected, or of nobody.'),
    ...dimensions.map(dimensionColumn),
    ...['scans_accepted', 'scans_rejected'].map(metricColumn),
  ],
  rows: `
select e.occurred_at, e.recorded_at, e.entry_id, e.event_id,
       case when e.scans_accepted is null then 'error' else 'ok' end as result,
       case sign(e.inside_now) when 1 then 'entry' when -1 then 'exit' end as direction,
       ${dimensions.map((name) => `e.${name}`).join(', ')},
       e.scans_accepted, e.scans_rejected
  from entries e
 where num_nonnulls(e.scans_accepted, e.scans_rejected) > 0`,
  order: 'occurred_at, entry_id',
}
