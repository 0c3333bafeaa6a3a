import { columnsOf, eachOf, item } from '../clients/lists.ts'
import type { Tx } from '../clients/postgres.ts'
import type { Show, ShowNews } from './schema.ts'

type ShowRow = Omit<Show, 'capacity' | `${string}At`> & {
  capacity: string | null
  startsAt: Date | null
  endsAt: Date | null
  doorsAt: Date | null
  onSaleAt: Date | null
}

/** Joins the news of a batch to what is known: the latest description wins, whenever it comes. */
export async function upsertShows(tx: Tx, venueId: string, news: ShowNews[]): Promise<void> {
  const rows = news.map(({ showId, hintedAt, described }) => ({
    show_id: showId,
    hinted_at: hintedAt,
    name: described?.name,
    starts_at: described?.startsAt,
    ends_at: described?.endsAt,
    doors_at: described?.doorsAt,
    on_sale_at: described?.onSaleAt,
    time_zone: described?.timeZone,
    capacity: described?.capacity,
    status: described?.status,
    category: described?.category,
    settled_at: described?.settledAt ?? '0001-01-01T00:00:00Z',
    settled_by: described?.settledBy ?? '',
  }))
  const described = [
    'name', 'starts_at', 'ends_at', 'doors_at', 'on_sale_at', 'time_zone', 'capacity', 'status',
    'category', 'settled_at', 'settled_by',
  ] // biome-ignore format: one list
  const assignments = eachOf(tx, described)`
        ${item} = case when (excluded.settled_at, excluded.settled_by collate "C")
                          > (s.settled_at, s.settled_by collate "C")
                       then excluded.${item} else s.${item} end`
  await tx`
    insert into shows as s (venue_id, show_id, hinted_at, ${columnsOf(tx, described)})
    select ${venueId}, n.show_id, n.hinted_at,
           n.name, n.starts_at, n.ends_at, n.doors_at, n.on_sale_at, n.time_zone, n.capacity,
           n.status, n.category, n.settled_at, n.settled_by
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as n (
             show_id text, hinted_at timestamptz, name text, starts_at timestamptz,
             ends_at timestamptz, doors_at timestamptz, on_sale_at timestamptz, time_zone text,
             capacity bigint, status text, category text, settled_at timestamptz, settled_by text)
        on conflict (venue_id, show_id)
        do update set hinted_at = least(s.hinted_at, excluded.hinted_at), ${assignments}`
}

/** The shows of a venue after `afterId`, by id. */
export async function listShows(
  tx: Tx,
  venueId: string,
  page: { afterId: string | null; limit: number },
): Promise<Show[]> {
  const rows = await tx<ShowRow[]>`
    select show_id as event_id, name, coalesce(starts_at, hinted_at) as starts_at, ends_at,
           doors_at, on_sale_at, time_zone as timezone, capacity, status, category
      from shows
     where venue_id = ${venueId}
       and (${page.afterId}::text is null or show_id > ${page.afterId}::text)
     order by show_id
     limit ${page.limit}`
  return rows.map(showOf)
}

/** One show of the venue, undefined where it has none of that id. */
export async function findShow(tx: Tx, venueId: string, showId: string): Promise<Show | undefined> {
  const [row] = await tx<ShowRow[]>`
    select show_id as event_id, name, coalesce(starts_at, hinted_at) as starts_at, ends_at,
           doors_at, on_sale_at, time_zone as timezone, capacity, status, category
      from shows
     where venue_id = ${venueId}
       and show_id = ${showId}`
  return row && showOf(row)
}

const showOf = ({ capacity, startsAt, endsAt, doorsAt, onSaleAt, ...rest }: ShowRow): Show => ({
  ...rest,
  startsAt: startsAt?.toISOString() ?? null,
  endsAt: endsAt?.toISOString() ?? null,
  doorsAt: doorsAt?.toISOString() ?? null,
  onSaleAt: onSaleAt?.toISOString() ?? null,
  capacity: capacity === null ? null : Number(capacity),
})

type Capacity = { id: string; capacity: number | null }

/** The capacities of the shows that begin in [from, to), epoch ms, and of those named by id. */
export async function showsOfDay(
  tx: Tx,
  venueId: string,
  day: { from: number; to: number; ids: string[] },
): Promise<Capacity[]> {
  return tx<Capacity[]>`
    select show_id as id, capacity::float8 as capacity
      from shows
     where venue_id = ${venueId}
       and (show_id in (select jsonb_array_elements_text(${JSON.stringify(day.ids)}::text::jsonb))
            or (coalesce(starts_at, hinted_at) >= ${instant(day.from)}::text::timestamptz
                and coalesce(starts_at, hinted_at) < ${instant(day.to)}::text::timestamptz))`
}

/**
 * The capacities of the shows that are neither over nor cancelled. One that does not tell when it
 * ends is over with the business day it begins on; one that has no time at all is left out.
 */
export async function showsToCome(
  tx: Tx,
  venueId: string,
  { now, dayStart }: { now: number; dayStart: number },
): Promise<Capacity[]> {
  return tx<Capacity[]>`
    select show_id as id, capacity::float8 as capacity
      from shows
     where venue_id = ${venueId}
       and case when ends_at is not null then ends_at > ${instant(now)}::text::timestamptz
                else coalesce(starts_at, hinted_at) >= ${instant(dayStart)}::text::timestamptz end
       and coalesce(status, '') not in ('cancelled', 'canceled')`
}

const instant = (ms: number): string => new Date(ms).toISOString()
