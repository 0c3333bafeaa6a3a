import { Caller } from '../access/grants.ts'
import type { Tx } from '../clients/postgres.ts'

/** The first key of the advisory lock that counts the sockets of a person. */
const userLock = 7_3003
const maxConnections = 20
/** A socket that was silent for longer is taken for dead. */
const silentMinutes = 15
/** The gateway ends a socket after two hours. */
const oldestMinutes = 130
const maxChannels = 100

export type Connection = {
  connectionId: string
  caller: Caller
  /** Names of the channels it listens to. */
  channels: string[]
}

/** Keeps a ticket under its digest, and forgets those that nobody used in time. */
export async function insertTicket(
  tx: Tx,
  ticket: { digest: string; caller: Caller; seconds: number },
): Promise<{ expiresAt: string }> {
  await tx`delete from socket_tickets where expires_at < clock_timestamp()`
  const [row] = await tx<{ expiresAt: Date }[]>`
    insert into socket_tickets (digest, caller, expires_at)
    values (${ticket.digest}, ${JSON.stringify(ticket.caller)}::text::jsonb,
            clock_timestamp() + make_interval(secs => ${ticket.seconds}))
    returning expires_at`
  if (!row) throw new Error('an insert returns its row')
  return { expiresAt: row.expiresAt.toISOString() }
}

/** Takes a ticket: whose it was; undefined where it was taken before, or is too old. */
export async function takeTicket(tx: Tx, digest: string): Promise<Caller | undefined> {
  const [row] = await tx<{ caller: unknown; isGood: boolean }[]>`
    delete from socket_tickets
     where digest = ${digest}
    returning caller, expires_at > clock_timestamp() as is_good`
  return row?.isGood ? Caller.parse(row.caller) : undefined
}

/** Notes an open socket; false where the person has as many as one may have. */
export async function insertConnection(
  tx: Tx,
  connectionId: string,
  caller: Caller,
): Promise<boolean> {
  await tx`select pg_advisory_xact_lock(${userLock}::int, hashtext(${caller.userId}))`
  const { count } = await tx`
    insert into connections (connection_id, user_id, caller, auth_expires_at)
    select ${connectionId}, ${caller.userId}, ${JSON.stringify(caller)}::text::jsonb,
           to_timestamp(${caller.expiresAt / 1000}::float8)
     where ${maxConnections} > (
             select count(*)
               from connections
              where user_id = ${caller.userId}
                and last_seen_at > clock_timestamp() - make_interval(mins => ${silentMinutes}))`
  return count > 0
}

/** An open socket, which has just been heard of; undefined where it is none of ours any more. */
export async function readConnection(
  tx: Tx,
  connectionId: string,
): Promise<Connection | undefined> {
  const [row] = await tx<{ caller: unknown; channels: string[]; isQuiet: boolean }[]>`
    select caller, to_jsonb(channels) as channels,
           last_seen_at < clock_timestamp() - interval '1 minute' as is_quiet
      from connections
     where connection_id = ${connectionId}`
  if (!row) return undefined
  if (row.isQuiet) {
    await tx`update connections set last_seen_at = clock_timestamp()
              where connection_id = ${connectionId}`
  }
  return { connectionId, caller: Caller.parse(row.caller), channels: row.channels }
}

/** Adds channels to a socket; false where it would listen to more than a hundred. */
export async function addChannels(
  tx: Tx,
  connectionId: string,
  names: readonly string[],
): Promise<boolean> {
  const { count } = await tx`
    with joined as (
      select array(select distinct unnest(c.channels || given.names)) as channels
        from connections c
       cross join (select array(select jsonb_array_elements_text(
                     ${JSON.stringify(names)}::text::jsonb)) as names) given
       where c.connection_id = ${connectionId}
         for update of c)
    update connections
       set channels = joined.channels
      from joined
     where connection_id = ${connectionId}
       and cardinality(joined.channels) <= ${maxChannels}`
  return count > 0
}

/** Takes channels off a socket. What is left of its subscriptions goes with the next broadcast. */
export async function removeChannels(
  tx: Tx,
  connectionId: string,
  names: readonly string[],
): Promise<void> {
  await tx`
    update connections
       set channels = array(
             select unnest(channels)
             except
             select jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb))
     where connection_id = ${connectionId}`
}

/** Gives a socket to the same person's new token. */
export async function renewConnection(tx: Tx, connectionId: string, caller: Caller): Promise<void> {
  await tx`
    update connections
       set caller = ${JSON.stringify(caller)}::text::jsonb,
           auth_expires_at = to_timestamp(${caller.expiresAt / 1000}::float8),
           bad_auths = 0
     where connection_id = ${connectionId}`
}

/** Counts a ticket that was not good; returns how many there were. */
export async function countBadAuth(tx: Tx, connectionId: string): Promise<number> {
  const [row] = await tx<{ badAuths: number }[]>`
    update connections set bad_auths = bad_auths + 1
     where connection_id = ${connectionId}
    returning bad_auths`
  return row?.badAuths ?? 0
}

/** Forgets sockets. What is left of their subscriptions goes with the next broadcast. */
export async function deleteConnections(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx`
    delete from connections
     where connection_id in (
             select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`
}

export type Ended = { connectionId: string; reason: 'expired' | 'silent' | 'old' }

/** Forgets sockets that are over, and tickets that nobody used; returns the sockets. */
export async function pruneConnections(tx: Tx): Promise<Ended[]> {
  await tx`delete from socket_tickets where expires_at < clock_timestamp()`
  return tx<Ended[]>`
    delete from connections
     where last_seen_at < clock_timestamp() - make_interval(mins => ${silentMinutes})
        or connected_at < clock_timestamp() - make_interval(mins => ${oldestMinutes})
        or auth_expires_at < clock_timestamp()
    returning connection_id,
              case when auth_expires_at < clock_timestamp() then 'expired'
                   when connected_at < clock_timestamp() - make_interval(mins => ${oldestMinutes})
                   then 'old'
                   else 'silent' end as reason`
}

/** How many sockets are open, and what they listen to by kind. */
export async function countSockets(
  tx: Tx,
): Promise<{ connections: number; users: number; subscriptions: Record<string, number> }> {
  const [row] = await tx<
    { connections: number; users: number; subscriptions: Record<string, number> | null }[]
  >`
    select (select count(*)::int from connections) as connections,
           (select count(distinct user_id)::int from connections) as users,
           (select jsonb_object_agg(kind, count)
              from (select case when name like 'user:%' then 'user'
                                when split_part(name, ':', 3) = 'event'
                                then reverse(split_part(reverse(name), ':', 1))
                                else split_part(name, ':', 3) end as kind,
                           count(*) as count
                      from connections
                     cross join lateral unnest(channels) as names (name)
                     group by 1) kinds) as subscriptions`
  return {
    connections: row?.connections ?? 0,
    users: row?.users ?? 0,
    subscriptions: row?.subscriptions ?? {},
  }
}
