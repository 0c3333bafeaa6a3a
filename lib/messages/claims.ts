import type { Tx } from '../clients/postgres.ts'
import type { Preferences } from './preference-schema.ts'
import type { Kind } from './render.ts'
import type { Locale, TemplateKey } from './templates.ts'

/** Where messages go, as the worker knows it; locked until the end of the transaction. */
export type Destination = {
  id: string
  kind: Kind
  target: Uint8Array
  locale: Locale
  enabled: boolean
  perMinute: number
  /** Epoch ms; null: never used. */
  busyUntil: number | null
  /** Of the person that it reaches; null where it is nobody's, or they said nothing. */
  preferences: Preferences | null
}

/** A message that is due and that nobody has. */
export type Due = {
  id: string
  dedupeKey: string
  template: TemplateKey
  data: Record<string, string>
  facts: Record<string, unknown>
  severity: string
  contactPointId: string
  groupKey: string | null
  tries: number
  attempts: number
  createdAt: Date
  /** It failed, and all that it tells is withdrawn, or the last word on it is written by now. */
  isOver: boolean
  isWithdrawn: boolean
}

/** Ids as an array: with a list of rows the planner may read the whole table. */
export const listed = (tx: Tx, ids: readonly string[]) => tx`
  any (array(select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb)))`

/**
 * The contact points of messages. Whoever claims messages of one waits here for who does already: so
 * that a group is made once, and a minute is filled once.
 */
export const lockDestinations = (tx: Tx, venueId: string, messageIds: readonly string[]) => tx<
  Destination[]
>`
  select c.contact_point_id as id, c.kind, c.target, c.locale, c.enabled, c.per_minute,
         nullif(extract(epoch from c.busy_until) * 1000, '-infinity')::float8 as busy_until,
         p.preferences
    from contact_points c
    left join notification_preferences p on p.user_id = c.user_id
   where c.venue_id = ${venueId}
     and c.contact_point_id in (
           select m.contact_point_id
             from messages m
            where m.venue_id = ${venueId} and m.message_id = ${listed(tx, messageIds)})
   order by c.contact_point_id
     for update of c`

// Of those that went with it some may not be over: then it is tried again.
const message = (tx: Tx, venueId: string) => tx`
  m.message_id as id, m.dedupe_key, m.template, m.data, m.facts, m.severity, m.contact_point_id, m.group_key,
  m.tries, m.attempts, m.created_at, m.is_withdrawn,
  m.attempts > 0 and not m.is_final
    and (m.is_withdrawn
         or exists (select 1
                      from messages f
                     where f.venue_id = ${venueId}
                       and f.subject = m.subject
                       and f.contact_point_id = m.contact_point_id
                       and f.is_final))
    and not exists (select 1
                      from messages g
                      left join messages f
                             on f.venue_id = ${venueId}
                            and f.subject = g.subject
                            and f.contact_point_id = g.contact_point_id
                            and f.is_final
                     where g.venue_id = ${venueId}
                       and g.grouped_into = m.message_id
                       and not g.is_withdrawn
                       and (g.is_final or f.message_id is null)) as is_over`

/** Of some messages those that are due and that nobody has, the oldest first. */
export const lockDue = (tx: Tx, venueId: string, messageIds: readonly string[]) => tx<Due[]>`
  select ${message(tx, venueId)}
    from messages m
   where m.venue_id = ${venueId}
     and m.message_id = ${listed(tx, messageIds)}
     and m.status in ('pending', 'failed')
     and m.grouped_into is null
     and m.due_at <= clock_timestamp()
     and coalesce(m.claimed_until, '-infinity') < clock_timestamp()
   order by m.created_at, m.message_id
     for update skip locked`

/**
 * Puts what is due together with a message into its group, so many at most; for good, so that each
 * attempt tells the same under the same key. `isDigest`: whatever goes to the contact point.
 */
export const gather = (
  tx: Tx,
  venueId: string,
  lead: Due,
  { isDigest, most }: { isDigest: boolean; most: number },
) => tx`
  update messages o
     set grouped_into = ${lead.id}::text::uuid
   where o.venue_id = ${venueId}
     and o.message_id in (
           select m.message_id
             from messages m
            where m.venue_id = ${venueId}
              and m.contact_point_id = ${lead.contactPointId}::text::uuid
              and (${isDigest} and m.severity <> 'critical' or m.group_key = ${lead.groupKey})
              and m.message_id <> ${lead.id}::text::uuid
              and m.status = 'pending'
              and m.grouped_into is null
              and m.attempts = 0
              and m.due_at <= clock_timestamp()
            order by m.created_at, m.message_id
            limit ${most})`

/** Takes messages, and what goes with them, for a while; each has one more attempt in its log. */
export const takeMessages = (
  tx: Tx,
  venueId: string,
  messageIds: readonly string[],
  { claimId, leaseSeconds }: { claimId: string; leaseSeconds: number },
) => tx`
  with taken as (
    update messages m
       set attempts = m.attempts + 1,
           tries = m.tries + 1,
           claim_id = ${claimId}::text::uuid,
           claimed_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
     where m.venue_id = ${venueId}
       and m.message_id = ${listed(tx, messageIds)}
    returning m.message_id, m.attempts)
  insert into message_attempts (venue_id, message_id, attempt, claim_id)
  select ${venueId}, t.message_id, t.attempts, ${claimId}::text::uuid
    from taken t`

/** What goes with messages, the oldest first. */
export const readGrouped = (tx: Tx, venueId: string, leadIds: readonly string[]) => tx<
  (Due & { groupedInto: string })[]
>`
  select ${message(tx, venueId)}, m.grouped_into
    from messages m
   where m.venue_id = ${venueId} and m.grouped_into = ${listed(tx, leadIds)}
   order by m.created_at, m.message_id`

/** Notes until when the minutes of contact points are filled; epoch ms. */
export const fillMinutes = (
  tx: Tx,
  venueId: string,
  filled: readonly { id: string; busyUntil: number }[],
) => tx`
  update contact_points c
     set busy_until = to_timestamp(f."busyUntil" / 1000)
    from jsonb_to_recordset(${JSON.stringify(filled)}::text::jsonb) as f (id uuid, "busyUntil" float8)
   where c.venue_id = ${venueId} and c.contact_point_id = f.id`

/** Lets messages wait until a time, epoch ms. */
export const deferMessages = (
  tx: Tx,
  venueId: string,
  deferred: readonly { id: string; until: number }[],
) => tx`
  update messages m
     set due_at = to_timestamp(d.until / 1000)
    from jsonb_to_recordset(${JSON.stringify(deferred)}::text::jsonb) as d (id uuid, until float8)
   where m.venue_id = ${venueId} and m.message_id = d.id`

/** Messages of all venues that wait for a worker; without a message a venue with old ones. */
export const messagesToTend = (tx: Tx) => tx<{ venueId: string; messageId: string | null }[]>`
  select venue_id, message_id from messages_to_tend()`

/** Deletes messages of the venue that ended and are older than 90 days, so many at most. */
export async function forgetMessages(tx: Tx, venueId: string, most: number): Promise<number> {
  const rows = await tx<{ id: string }[]>`
    delete from messages o
     where o.venue_id = ${venueId}
       and o.message_id in (
             select m.message_id
               from messages m
              where m.venue_id = ${venueId}
                and m.created_at < clock_timestamp() - interval '90 days'
                and m.status in ('sent', 'dead')
              order by m.created_at
              limit ${most})
    returning o.message_id as id`
  const ids = rows.map(({ id }) => id)
  await tx`
    delete from message_attempts a
     where a.venue_id = ${venueId} and a.message_id = ${listed(tx, ids)}`
  return ids.length
}
