import type { Fragment, Tx } from '../clients/postgres.ts'
import type { IdleCart } from './abandonment.ts'
import type { CartNews } from './cart.ts'

/** Joins what a batch tells of carts to what is known: what happened last wins, whenever it comes. */
export async function upsertCarts(
  tx: Tx,
  venueId: string,
  news: CartNews[],
  recordedAt: string,
): Promise<void> {
  const rows = news.map(({ cartKey, testMode, touched, updated }) => ({
    cart_key: cartKey,
    test_mode: testMode,
    touched_at: instant(touched.at),
    touched_by: touched.by,
    touch: touched.touch,
    contents_at: updated ? instant(updated.at) : '-infinity',
    contents_by: updated?.by ?? '',
    contents: updated?.contents,
  }))
  const isTouched = laterTouch(tx)
  const isUpdated = laterContents(tx)
  await tx`
    insert into carts as c (venue_id, test_mode, cart_key, touched_at, touched_by, touch,
                            contents_at, contents_by, contents, received_at)
    select ${venueId}, n.test_mode, n.cart_key, n.touched_at, n.touched_by, n.touch,
           n.contents_at, n.contents_by, n.contents, ${recordedAt}::text::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as n (
             cart_key text, test_mode boolean, touched_at timestamptz, touched_by text, touch jsonb,
             contents_at timestamptz, contents_by text, contents jsonb)
        on conflict (venue_id, test_mode, cart_key)
        do update set touched_at = greatest(c.touched_at, excluded.touched_at),
                      touched_by = case when ${isTouched} then excluded.touched_by else c.touched_by end,
                      touch = case when ${isTouched} then excluded.touch else c.touch end,
                      contents_at = greatest(c.contents_at, excluded.contents_at),
                      contents_by = case when ${isUpdated} then excluded.contents_by else c.contents_by end,
                      contents = case when ${isUpdated} then excluded.contents else c.contents end,
                      received_at = excluded.received_at,
                      is_open = true
                where ${isTouched} or ${isUpdated}`
}

/** The venues with carts that nobody touched since, or that were judged and are to be forgotten. */
export const venuesWithCarts = (tx: Tx, since: { idle: number; closed: number }) =>
  tx<{ venueId: string }[]>`
    select venue_id
      from venues_with_carts(${instant(since.idle)}::text::timestamptz,
                             ${instant(since.closed)}::text::timestamptz)`

/**
 * Carts that no sweep has judged and nobody touched since `idle`, the oldest first, and whether they
 * were paid. One that was told more than `lateMs` after it happened must have been received before
 * `idle` as well: what comes late comes in any order, and its order may be behind it.
 */
export async function idleCarts(
  tx: Tx,
  venueId: string,
  { idle, lateMs, limit }: { idle: number; lateMs: number; limit: number },
): Promise<IdleCart[]> {
  const since = tx`${instant(idle)}::text::timestamptz`
  return tx<IdleCart[]>`
    select c.cart_key, c.test_mode, c.touch, c.contents_by, c.contents,
           (extract(epoch from c.touched_at) * 1000)::float8 as touched_at,
           c.abandoned_at is not distinct from c.touched_at as is_sent,
           exists (select
                     from order_events o
                    where o.venue_id = c.venue_id
                      and o.body ->> 'sessionId' in (c.touch ->> 'sessionId',
                                                     c.contents ->> 'sessionId')
                      and o.occurred_at >= c.contents_at
                      and (o.body -> 'dimensions' ->> 'test_mode')::boolean = c.test_mode)
           or c.cart_key like 'cart:%'
              and exists (select
                            from order_events o
                           where o.venue_id = c.venue_id
                             and o.body ->> 'cartId' = substr(c.cart_key, length('cart:') + 1)
                             and o.occurred_at >= c.contents_at
                             and (o.body -> 'dimensions' ->> 'test_mode')::boolean = c.test_mode)
             as is_paid
      from carts c
     where c.venue_id = ${venueId}
       and c.is_open
       and c.touched_at <= ${since}
       and (c.received_at <= c.touched_at + ${lateMs}::float8 * interval '1 millisecond'
            or c.received_at <= ${since})
     order by c.touched_at
     limit ${limit}`
}

/** Whether the platform tells of abandoned carts itself. */
export async function tellsAbandonments(tx: Tx, venueId: string): Promise<boolean> {
  const [row] = await tx<{ tellsAbandonments: boolean }[]>`
    select tells_abandonments from venues where venue_id = ${venueId}`
  return row?.tellsAbandonments ?? false
}

/**
 * Notes that carts were judged as they were read, and which abandonments were sent. A cart that was
 * touched since stays open, and so does one whose contents are others by now.
 */
export async function closeCarts(
  tx: Tx,
  venueId: string,
  judged: (IdleCart & { isAbandoned: boolean })[],
): Promise<void> {
  const rows = judged.map((cart) => ({
    cart_key: cart.cartKey,
    test_mode: cart.testMode,
    touched_at: instant(cart.touchedAt),
    contents_by: cart.contentsBy,
    is_abandoned: cart.isAbandoned,
  }))
  await tx`
    update carts c
       set is_open = c.contents_by <> j.contents_by,
           abandoned_at = case when j.is_abandoned then c.touched_at else c.abandoned_at end
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as j (
             cart_key text, test_mode boolean, touched_at timestamptz, contents_by text,
             is_abandoned boolean)
     where c.venue_id = ${venueId}
       and c.test_mode = j.test_mode
       and c.cart_key = j.cart_key
       and c.touched_at = j.touched_at`
}

/** Deletes judged carts that nobody told of since `closed`, so many at most; returns how many. */
export async function forgetCarts(
  tx: Tx,
  venueId: string,
  { closed, limit }: { closed: number; limit: number },
): Promise<number> {
  const { count } = await tx`
    delete from carts
     where venue_id = ${venueId}
       and not is_open
       and (test_mode, cart_key) in (
             select old.test_mode, old.cart_key
               from carts old
              where old.venue_id = ${venueId}
                and not old.is_open
                and old.received_at < ${instant(closed)}::text::timestamptz
              limit ${limit})`
  return count
}

const instant = (ms: number): string => new Date(ms).toISOString()

const laterTouch = (tx: Tx): Fragment =>
  tx`(excluded.touched_at, excluded.touched_by collate "C")
     > (c.touched_at, c.touched_by collate "C")`

const laterContents = (tx: Tx): Fragment =>
  tx`(excluded.contents_at, excluded.contents_by collate "C")
     > (c.contents_at, c.contents_by collate "C")`
