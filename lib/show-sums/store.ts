import { columnsOf, eachOf, item, listed } from '../clients/lists.ts'
import type { Tx } from '../clients/postgres.ts'
import { measures } from '../ledger/entry.ts'

/** Adds the entries recorded in (after, until] to the sums of their shows. */
export async function addToShows(
  tx: Tx,
  venueId: string,
  { after, until }: { after: string | null; until: string },
): Promise<void> {
  const columns = columnsOf(tx, measures)
  const each = eachOf(tx, measures)
  await tx`
    insert into show_totals as t (venue_id, show_id, currency, ${columns}, entries, as_of)
    select ${venueId}, s.event, coalesce(s.currency, ''),
           ${each`sum(l.${item})::bigint`},
           count(*), ${until}::text::timestamptz
      from ledger l
      join series s on s.venue_id = l.venue_id and s.series_id = l.series_id
     where l.venue_id = ${venueId}
       and l.recorded_at > ${after ?? '-infinity'}::text::timestamptz
       and l.recorded_at <= ${until}::text::timestamptz
       and s.event is not null
       and not s.test_mode
     group by s.event, coalesce(s.currency, '')
        on conflict (venue_id, show_id, currency)
        do update set ${each`${item} = case when t.${item} is null then excluded.${item}
                               else t.${item} + coalesce(excluded.${item}, 0) end`},
                      entries = t.entries + excluded.entries,
                      as_of = excluded.as_of,
                      copied = false`
}

export type ShowSums = { showId: string; currency: string; asOf: string } & Record<
  `m${number}`,
  string | null
>

/** How many shows are read at once. */
export const showsAtOnce = 500

/** Shows whose sums are not in their documents yet, each whole: a document tells all its currencies. */
export const readUncopied = (tx: Tx, venueId: string) => tx<ShowSums[]>`
  select t.show_id, t.currency,
         to_char(t.as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as as_of,
         ${listed(
           tx,
           measures.map((m, i) => tx`t.${tx(m)}::text as ${tx(`m${i}`)}`),
         )}
    from show_totals t
   where t.venue_id = ${venueId}
     and t.show_id in (select u.show_id
                         from show_totals u
                        where u.venue_id = ${venueId} and not u.copied
                        order by u.show_id
                        limit ${showsAtOnce})`

/** The sums of all shows, and whether their documents have them. */
export const readSums = (tx: Tx, venueId: string) => tx<(ShowSums & { copied: boolean })[]>`
  select t.show_id, t.currency, t.copied,
         to_char(t.as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as as_of,
         ${listed(
           tx,
           measures.map((m, i) => tx`t.${tx(m)}::text as ${tx(`m${i}`)}`),
         )}
    from show_totals t
   where t.venue_id = ${venueId}`

/** Has the documents of shows written again. */
export const markUncopied = (tx: Tx, venueId: string, showIds: string[]) => tx`
  update show_totals t
     set copied = false
   where t.venue_id = ${venueId}
     and t.show_id in (select jsonb_array_elements_text(${JSON.stringify(showIds)}::text::jsonb))`

/** Notes that the sums as they were read are in the documents. */
export const markCopied = (tx: Tx, venueId: string, rows: ShowSums[]) => tx`
  update show_totals t
     set copied = true
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
           as r ("showId" text, currency text, "asOf" timestamptz)
   where t.venue_id = ${venueId}
     and t.show_id = r."showId"
     and t.currency = r.currency
     and t.as_of = r."asOf"`
