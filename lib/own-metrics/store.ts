import type { Tx } from '../clients/postgres.ts'
import type { EventOf } from '../events/registry.ts'

/** Keeps the values of the venue's own metrics. */
export async function insertRecorded(
  tx: Tx,
  venueId: string,
  events: EventOf<'metric.recorded'>[],
  recordedAt: string,
): Promise<void> {
  const rows = events.map(({ event_id, data, test_mode, occurredAt }) => ({
    event_id,
    name: data.name,
    value: data.value,
    unit: data.unit ?? null,
    dimensions: data.dimensions ?? {},
    test_mode,
    occurred_at: occurredAt.toISOString(),
  }))
  await tx`
    insert into recorded_values (venue_id, event_id, name, value, unit, dimensions, test_mode,
                                 occurred_at, recorded_at)
    select ${venueId}, r.*, ${recordedAt}::text::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
             event_id text, name text, value numeric, unit text, dimensions jsonb,
             test_mode boolean, occurred_at timestamptz)`
}

export type LatestValue = { value: number; unit: string | null; occurredAt: Date }

/** The value that happened last, test values aside; undefined where none was recorded. */
export async function latestValue(
  tx: Tx,
  venueId: string,
  name: string,
): Promise<LatestValue | undefined> {
  const [row] = await tx<{ value: string; unit: string | null; occurredAt: Date }[]>`
    select value::text, unit, occurred_at
      from recorded_values
     where venue_id = ${venueId}
       and name = ${name}
       and not test_mode
     order by occurred_at desc, event_id desc
     limit 1`
  return row && { ...row, value: Number(row.value) }
}

export type Sums = {
  count: number
  sum: number | null
  avg: number | null
  min: number | null
  max: number | null
}

/** All aggregates of the values in [from, to), test values aside; null where there is none. */
export async function sumValues(
  tx: Tx,
  venueId: string,
  name: string,
  range: { from: number; to: number },
): Promise<Sums> {
  const [row] = await tx<Record<keyof Sums, string | null>[]>`
    select count(*)::text as count, sum(value)::text as sum, avg(value)::text as avg,
           min(value)::text as min, max(value)::text as max
      from recorded_values
     where venue_id = ${venueId}
       and name = ${name}
       and not test_mode
       and occurred_at >= ${new Date(range.from).toISOString()}::text::timestamptz
       and occurred_at < ${new Date(range.to).toISOString()}::text::timestamptz`
  const number = (value: string | null | undefined) => (value == null ? null : Number(value))
  return {
    count: number(row?.count) ?? 0,
    sum: number(row?.sum),
    avg: number(row?.avg),
    min: number(row?.min),
    max: number(row?.max),
  }
}

/** Whether the venue ever recorded a value under the name. */
export async function isRecorded(tx: Tx, venueId: string, name: string): Promise<boolean> {
  const [row] = await tx<{ found: boolean }[]>`
    select exists (
      select from recorded_values where venue_id = ${venueId} and name = ${name}) as found`
  return row?.found ?? false
}

/** How many values happened in [from, to), test values aside, of those recorded after a moment. */
export async function countValues(
  tx: Tx,
  venueId: string,
  name: string,
  { from, to, recordedAfter }: { from: number; to: number; recordedAfter: string | null },
): Promise<number> {
  const [row] = await tx<{ count: string }[]>`
    select count(*)::text as count
      from recorded_values
     where venue_id = ${venueId}
       and name = ${name}
       and not test_mode
       and occurred_at >= ${new Date(from).toISOString()}::text::timestamptz
       and occurred_at < ${new Date(to).toISOString()}::text::timestamptz
       and recorded_at > ${recordedAfter ?? '-infinity'}::text::timestamptz`
  return Number(row?.count ?? 0)
}
