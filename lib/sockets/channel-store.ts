import type { Fragment, Tx } from '../clients/postgres.ts'

/** The first key of the advisory locks of broadcasts. */
const broadcastLock = 7_3002

/** What a channel says, as JSON text, so that numbers of any size keep their digits. */
export type Told = { channel: string; seq: number; state: string; asOf: string }

export type Listener = {
  channel: string
  connectionId: string
  /** Epoch ms; null for a subscription that is over. */
  authExpiresAt: number | null
  isBehind: boolean
  /** For a minute nothing could be handed over. */
  isLost: boolean
}

/**
 * One broadcast of a venue at a time, and none while somebody subscribes: a socket is told the state
 * before any change of it. Until the transaction ends.
 */
export async function lockChannels(
  tx: Tx,
  venueId: string,
  mode: 'shared' | 'exclusive',
): Promise<void> {
  if (mode === 'shared') {
    await tx`select pg_advisory_xact_lock_shared(${broadcastLock}::int, hashtext(${venueId}))`
  } else await tx`select pg_advisory_xact_lock(${broadcastLock}::int, hashtext(${venueId}))`
}

/** Why there may be something to tell, and how long it must wait for the second to be over. */
export async function readWork(tx: Tx, venueId: string) {
  const [row] = await tx<{ isSent: boolean; isPending: boolean; waitMs: number }[]>`
    select coalesce(bool_or(sent_at is not null), false) as is_sent,
           exists (select from channels
                    where venue_id = ${venueId} and pending is not null) as is_pending,
           coalesce(max(1000 - extract(epoch from clock_timestamp() - told_at) * 1000), 0)::float8
             as wait_ms
      from announcements
     where venue_id = ${venueId}`
  return row ?? { isSent: false, isPending: false, waitMs: 0 }
}

/**
 * Notes that no message is on its way any more. Waits for counts that are just being committed:
 * they are in what is read afterwards, and later ones send a message of their own.
 */
export async function clearSent(tx: Tx, venueId: string): Promise<void> {
  await tx`update announcements set sent_at = null where venue_id = ${venueId}`
}

/** All subscriptions of a venue, those that are over as well. */
export async function readListeners(tx: Tx, venueId: string): Promise<Listener[]> {
  return tx<Listener[]>`
    select s.channel, s.connection_id,
           (extract(epoch from c.auth_expires_at) * 1000)::float8 as auth_expires_at,
           s.behind_since is not null as is_behind,
           coalesce(s.behind_since < clock_timestamp() - interval '1 minute', false) as is_lost
      from subscriptions s
      left join connections c on c.connection_id = s.connection_id
                             and s.channel = any (c.channels)
     where s.venue_id = ${venueId}`
}

/** Keeps what was announced until the next broadcast; what is older than the last is dropped. */
export async function keepAnnounced(
  tx: Tx,
  venueId: string,
  items: { channel: string; data: string; at: string }[],
): Promise<void> {
  // Of several on one channel the last counts: a statement may touch a row only once.
  const last = new Map(items.toSorted(byTime).map((item) => [item.channel, item]))
  const rows = [...last.values()].map(({ channel, data, at }) => [channel, data, at])
  await tx`
    insert into channels as c (venue_id, channel, seq, state, as_of, told_seq, pending, announced_at)
    select ${venueId}, n ->> 0, 0, 'null', (n ->> 2)::timestamptz, 0,
           (n ->> 1)::jsonb, (n ->> 2)::timestamptz
      from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) as n
        on conflict (venue_id, channel)
        do update set pending = excluded.pending, announced_at = excluded.announced_at
     where c.announced_at is null or c.announced_at <= excluded.announced_at`
}

const byTime = (a: { at: string }, b: { at: string }) => (a.at < b.at ? -1 : 1)

/** Makes changes of what was announced, in place of what the channels said before. */
export async function applyAnnounced(tx: Tx, venueId: string): Promise<void> {
  await tx`
    update channels
       set seq = seq + (state is distinct from pending)::int,
           state = pending,
           as_of = announced_at,
           pending = null
     where venue_id = ${venueId}
       and pending is not null`
}

/** Writes computed states (JSON by channel); those that differ from before are a change. */
export async function writeStates(
  tx: Tx,
  venueId: string,
  { states, asOf }: { states: Map<string, string>; asOf: string },
): Promise<void> {
  await tx`
    insert into channels as c (venue_id, channel, seq, state, as_of, told_seq)
    select ${venueId}, n ->> 0, 1, (n ->> 1)::jsonb, ${asOf}::text::timestamptz, 0
      from jsonb_array_elements(${JSON.stringify([...states])}::text::jsonb) as n
        on conflict (venue_id, channel)
        do update set seq = c.seq + 1, state = excluded.state, as_of = excluded.as_of
     where c.state is distinct from excluded.state`
}

/** What the channels say, those of `names` that ever said anything. */
export async function readStates(tx: Tx, venueId: string, names: readonly string[]) {
  const rows = await tx<(Told & { isTold: boolean })[]>`
    select channel, seq::float8 as seq, state::text as state, ${stamp(tx, tx`as_of`)} as as_of,
           told_seq = seq as is_told
      from channels
     where venue_id = ${venueId}
       and channel in (select jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb))`
  return new Map(rows.map((row) => [row.channel, row]))
}

/** Those of the channels that some other socket listens to, so that their state is kept current. */
export async function watchedAmong(
  tx: Tx,
  venueId: string,
  names: readonly string[],
): Promise<Set<string>> {
  const rows = await tx<{ channel: string }[]>`
    select n.channel
      from jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb) as n (channel)
     where exists (select from channels k where k.venue_id = ${venueId} and k.channel = n.channel)
       and exists (select
                     from subscriptions s
                     join connections c on c.connection_id = s.connection_id
                                       and s.channel = any (c.channels)
                    where s.venue_id = ${venueId}
                      and s.channel = n.channel)`
  return new Set(rows.map(({ channel }) => channel))
}

/** Subscribes a socket to channels of a venue, which is watched from then on. */
export async function insertSubscriptions(
  tx: Tx,
  venueId: string,
  connectionId: string,
  names: readonly string[],
): Promise<void> {
  await tx`
    with watched as (
      insert into announcements (venue_id) values (${venueId}) on conflict do nothing)
    insert into subscriptions (venue_id, channel, connection_id)
    select ${venueId}, name, ${connectionId}
      from jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb) as n (name)
        on conflict (venue_id, channel, connection_id) do update set behind_since = null`
}

/** Notes that the changes of channels so far are told to all who listen. */
export async function markTold(tx: Tx, venueId: string, names: readonly string[]): Promise<void> {
  await tx`
    update channels
       set told_seq = seq
     where venue_id = ${venueId}
       and channel in (select jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb))`
}

/** Subscriptions as pairs of channel and socket. */
export type Pairs = [channel: string, connectionId: string][]

/**
 * Ends a broadcast: forgets subscriptions that are over, notes who is behind and who has caught up,
 * and when it was; a venue that nobody listens to is not watched any more.
 */
export async function closeBroadcast(
  tx: Tx,
  venueId: string,
  done: { over: Pairs; behind: Pairs; caughtUp: Pairs; isTold: boolean },
): Promise<void> {
  const among = (pairs: Pairs): Fragment => tx`
    (channel, connection_id) in (
      select p ->> 0, p ->> 1 from jsonb_array_elements(${JSON.stringify(pairs)}::text::jsonb) as p)`
  const { over, behind, caughtUp, isTold } = done
  if (over.length > 0) {
    await tx`delete from subscriptions where venue_id = ${venueId} and ${among(over)}`
  }
  if (behind.length > 0) {
    await tx`update subscriptions set behind_since = coalesce(behind_since, clock_timestamp())
              where venue_id = ${venueId} and ${among(behind)}`
  }
  if (caughtUp.length > 0) {
    await tx`update subscriptions set behind_since = null
              where venue_id = ${venueId} and ${among(caughtUp)}`
  }
  if (isTold) {
    await tx`update announcements set told_at = clock_timestamp() where venue_id = ${venueId}`
  }
  if (over.length > 0) {
    await tx`
      delete from announcements
       where venue_id = ${venueId}
         and not exists (select from subscriptions where venue_id = ${venueId})`
  }
}

/** The venues and persons that somebody listens to. */
export const watchedVenues = (tx: Tx) => tx<{ venueId: string }[]>`
  select venue_id from watched_venues()`

const stamp = (tx: Tx, moment: Fragment): Fragment =>
  tx`to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
