import type { Tx } from '../clients/postgres.ts'
import type { Severity } from './rule.ts'
import type { Labels } from './state.ts'

export type OpenInstance = {
  id: string
  alertId: string
  name: string
  severity: Severity
  labels: Labels
  state: 'firing' | 'recovering' | 'acknowledged'
  value: number | null
  firedAt: string
}

/** The open instances of a venue, the latest first. */
export const readOpen = (tx: Tx, venueId: string, limit: number) => tx<OpenInstance[]>`
  select instance_id as id, alert_id, name, severity, labels,
         case when acknowledged_at is null then status else 'acknowledged' end as state, value,
         to_char(fired_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as fired_at
    from alert_instances
   where venue_id = ${venueId} and status <> 'resolved'
   order by alert_instances.fired_at desc, instance_id
   limit ${limit}`
