import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Attempt, Message } from './schema.ts'

export type NewRow = {
  dedupeKey: string
  template: string
  data: Record<string, string>
  facts: Record<string, unknown>
  severity: string
  contactPointId: string | null
  userId: string | null
  groupKey: string | null
  subject: string | null
  isFinal: boolean
  /** ISO; null: as soon as `waitSeconds` have passed. */
  scheduledFor: string | null
  waitSeconds: number
}

/**
 * Notes messages, each for a contact point or for every contact point of a person that they want to hear
 * on; what is known by its key already stays as it is. Returns the ids of what is new, and which row of
 * those given it is of.
 */
export const insertMessages = (tx: Tx, venueId: string, rows: readonly NewRow[]) => tx<
  { id: string; row: number }[]
>`
  with given as (
    select n.*, e.at::int - 1 as row,
           n."dedupeKey" || case when n."userId" is null then ''
                                 else ' ' || c.contact_point_id end as key,
           c.contact_point_id
      from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) with ordinality as e (entry, at)
     cross join lateral jsonb_to_record(e.entry)
           as n ("dedupeKey" text, template text, data jsonb, facts jsonb, severity text,
                 "contactPointId" uuid, "userId" text, "groupKey" text, subject text, "isFinal" boolean,
                 "scheduledFor" timestamptz, "waitSeconds" int)
      join contact_points c
        on c.venue_id = ${venueId}
       and (c.contact_point_id = n."contactPointId" or c.user_id = n."userId" and c.enabled)
      left join notification_preferences p on p.user_id = c.user_id
     where n."userId" is null
        or coalesce((p.preferences -> 'channels' ->> c.kind)::boolean, true)
  ), written as (
    insert into messages (venue_id, dedupe_key, template, data, facts, severity, contact_point_id,
                          group_key, subject, is_final, due_at)
    select ${venueId}, key, template, data, facts, severity, contact_point_id, "groupKey",
           subject, "isFinal",
           coalesce("scheduledFor", clock_timestamp() + make_interval(secs => "waitSeconds"))
      from given
     order by row, contact_point_id
        on conflict (venue_id, dedupe_key) do nothing
    returning message_id, dedupe_key)
  select distinct on (w.message_id) w.message_id as id, g.row
    from written w
    join given g on g.key = w.dedupe_key`

/** Why a message that was withdrawn has ended. */
export const takenCareOf = 'Somebody takes care of it'

/**
 * Withdraws what was written of a subject and has not gone. It ends where it stands alone and nobody is
 * sending it; else where that fails, and nothing else went with it.
 */
export const withdraw = (tx: Tx, venueId: string, subject: string) => tx`
  update messages m
     set is_withdrawn = true,
         (status, reason) = (
           select case when a.lone then 'dead' else m.status end,
                  case when a.lone then ${takenCareOf} else m.reason end
             from (select m.grouped_into is null
                          and coalesce(m.claimed_until, '-infinity') < clock_timestamp()
                          and not exists (select 1
                                            from messages g
                                           where g.venue_id = ${venueId}
                                             and g.grouped_into = m.message_id) as lone) a)
   where m.venue_id = ${venueId}
     and m.subject = ${subject}
     and not m.is_final
     and m.status in ('pending', 'failed')`

/** The contact points that messages of some subjects were written to, final and withdrawn ones aside. */
export const readHearers = (tx: Tx, venueId: string, subjects: readonly string[]) => tx<
  { subject: string; id: string }[]
>`
  select distinct subject, contact_point_id as id
    from messages
   where venue_id = ${venueId}
     and subject in (select jsonb_array_elements_text(${JSON.stringify(subjects)}::text::jsonb))
     and not is_final
     and not (status = 'dead' and attempts = 0)
   order by subject, contact_point_id`

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Messages of the venue, the latest first; one alone where its id is given. */
export async function listMessages(
  tx: Tx,
  venueId: string,
  which: { state?: string | null; only?: string | null; dedupeKey?: string | null },
  { after, limit }: Page,
): Promise<Listed<Message>[]> {
  const { state = null, only = null, dedupeKey = null } = which
  const [createdAt = null, id = null] = after?.split(' ') ?? []
  const text = (column: string) => tx`to_char(m.${tx(column)} at time zone 'UTC', ${iso})`
  const rows = await tx<(Message & { position: string })[]>`
    select m.message_id as id, m.dedupe_key, m.template, m.severity, m.contact_point_id, m.group_key,
           m.status as state, m.attempts, ${text('due_at')} as due_at, m.grouped_into as sent_with,
           m.provider_id, m.reason, ${text('created_at')} as created_at,
           ${text('sent_at')} as sent_at, ${text('created_at')} || ' ' || m.message_id as position
      from messages m
     where m.venue_id = ${venueId}
       and (${only}::text is null or m.message_id = ${only}::text::uuid)
       and (${dedupeKey}::text is null or m.dedupe_key = ${dedupeKey})
       and (${state}::text is null or m.status = ${state})
       and (${createdAt}::text is null
            or (m.created_at, m.message_id) < (${createdAt}::text::timestamptz, ${id}::text::uuid))
     order by m.created_at desc, m.message_id desc
     limit ${limit}`
  return rows.map(({ position, ...item }) => ({ item, position }))
}

/** What became of each sending of a message, the first first. */
export async function readAttempts(tx: Tx, venueId: string, id: string): Promise<Attempt[]> {
  return tx<Attempt[]>`
    select a.attempt, to_char(a.started_at at time zone 'UTC', ${iso}) as started_at,
           to_char(a.ended_at at time zone 'UTC', ${iso}) as ended_at, a.outcome, a.provider_id,
           a.http_status as status, a.reason
      from message_attempts a
     where a.venue_id = ${venueId} and a.message_id = ${id}::text::uuid
     order by a.attempt`
}

/** Has a message tried again that failed or is dead, and those that go with it; whether it was. */
export async function reopenMessage(tx: Tx, venueId: string, id: string): Promise<boolean> {
  const { count } = await tx`
    update messages
       set status = 'pending', tries = 0, due_at = clock_timestamp(), claimed_until = null,
           is_withdrawn = false
     where venue_id = ${venueId}
       and (message_id = ${id}::text::uuid and grouped_into is null
            or grouped_into = ${id}::text::uuid)
       and status in ('failed', 'dead')
       and coalesce(claimed_until, '-infinity') < clock_timestamp()`
  return count > 0
}
