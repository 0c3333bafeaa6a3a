import type { Caller } from '../access/grants.ts'
import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Member } from './membership.ts'
import type { Schedule, Wish } from './schema.ts'

/** When a schedule runs next: the first time after a moment by the clocks of a zone; epoch ms. */
export type Plan = { nextRunAt: number | null; plannedAfter: number; plannedZone: string }

/** A schedule as the clock and its owner work on it. */
export type Kept = Wish &
  Plan & { id: string; createdBy: string; revision: number; pausedReason: string | null }

/** Whose schedules somebody sees: those of one user, or null for all of the venue. */
export type Seen = string | null

/** The schedules with work to do at a moment, of all venues. */
export const reportsToTend = (tx: Tx, moment: Date) => tx<
  { venueId: string; scheduleId: string }[]
>`
  select venue_id, schedule_id from reports_to_tend(${moment.toISOString()}::text::timestamptz)`

/** Notes that somebody was seen in the venue, and with which role. */
export async function noteMember(tx: Tx, venueId: string, caller: Caller): Promise<void> {
  await tx`
    insert into venue_members as m (venue_id, user_id, role)
    values (${venueId}, ${caller.userId}, ${caller.venues[venueId] ?? 'viewer'})
        on conflict (venue_id, user_id)
        do update set role = excluded.role, seen_at = excluded.seen_at`
}

/** A person of the venue as last seen. */
export async function readMember(
  tx: Tx,
  venueId: string,
  userId: string,
): Promise<Member | undefined> {
  const [row] = await tx<Member[]>`
    select role, (extract(epoch from seen_at) * 1000)::float8 as seen_at
      from venue_members
     where venue_id = ${venueId} and user_id = ${userId}`
  return row
}

/** Serializes those who add schedules to a venue, and counts what it has. */
export async function lockCount(tx: Tx, venueId: string): Promise<number> {
  await tx`select pg_advisory_xact_lock(hashtext('report schedules'), hashtext(${venueId}))`
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from report_schedules where venue_id = ${venueId}`
  return row?.count ?? 0
}

/** The id of the schedule that a request has made before. */
export async function findMade(
  tx: Tx,
  venueId: string,
  onceId: string,
): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    select schedule_id as id
      from report_schedules
     where venue_id = ${venueId} and once_id = ${onceId}`
  return row?.id
}

const instant = (tx: Tx, ms: number | null) =>
  tx`${ms === null ? null : new Date(ms).toISOString()}::text::timestamptz`

/** The schedules that name a contact point, of whomever they are. */
export const schedulesNaming = (tx: Tx, venueId: string, contactPointId: string) => tx<
  { id: string; name: string }[]
>`
  select schedule_id as id, name
    from report_schedules
   where venue_id = ${venueId}
     and lower(contact_point_ids::text)::jsonb ? lower(${contactPointId})
   order by created_at, schedule_id`

/** Keeps a new schedule. */
export async function insertSchedule(
  tx: Tx,
  venueId: string,
  made: { onceId: string; createdBy: string; wish: Wish; plan: Plan },
): Promise<string> {
  const { wish, plan } = made
  const [row] = await tx<{ id: string }[]>`
    insert into report_schedules (venue_id, once_id, created_by, name, rule, starts_at, tz, type, format,
                                  period, filters, options, recipients, contact_point_ids, enabled,
                                  next_run_at, planned_after, planned_zone)
    values (${venueId}, ${made.onceId}, ${made.createdBy}, ${wish.name}, ${wish.rule},
            ${wish.startsAt}, ${wish.tz}, ${wish.type}, ${wish.format}, ${wish.period},
            ${JSON.stringify(wish.filters)}::text::jsonb, ${JSON.stringify(wish.options)}::text::jsonb,
            ${JSON.stringify(wish.recipients)}::text::jsonb,
            ${JSON.stringify(wish.contactPointIds)}::text::jsonb, ${wish.enabled},
            ${instant(tx, plan.nextRunAt)}, ${instant(tx, plan.plannedAfter)}, ${plan.plannedZone})
    returning schedule_id as id`
  if (!row) throw new Error('an insert returns its row')
  return row.id
}

/** Writes a schedule anew, the next revision of it. */
export async function updateSchedule(
  tx: Tx,
  venueId: string,
  { id, ...now }: Omit<Kept, 'createdBy' | 'revision'>,
): Promise<void> {
  await tx`
    update report_schedules
       set name = ${now.name}, rule = ${now.rule}, starts_at = ${now.startsAt}, tz = ${now.tz},
           type = ${now.type}, format = ${now.format}, period = ${now.period},
           filters = ${JSON.stringify(now.filters)}::text::jsonb,
           options = ${JSON.stringify(now.options)}::text::jsonb,
           recipients = ${JSON.stringify(now.recipients)}::text::jsonb,
           contact_point_ids = ${JSON.stringify(now.contactPointIds)}::text::jsonb,
           enabled = ${now.enabled}, paused_reason = ${now.pausedReason},
           next_run_at = ${instant(tx, now.nextRunAt)},
           planned_after = ${instant(tx, now.plannedAfter)}, planned_zone = ${now.plannedZone},
           revision = revision + 1
     where venue_id = ${venueId} and schedule_id = ${id}::text::uuid`
}

/** Notes when a schedule runs next, or why it does not any more. */
export async function writePlan(
  tx: Tx,
  venueId: string,
  id: string,
  { nextRunAt, plannedAfter, plannedZone, pausedReason }: Plan & { pausedReason: string | null },
): Promise<void> {
  await tx`
    update report_schedules
       set next_run_at = ${instant(tx, nextRunAt)}, planned_after = ${instant(tx, plannedAfter)},
           planned_zone = ${plannedZone}, paused_reason = ${pausedReason}
     where venue_id = ${venueId} and schedule_id = ${id}::text::uuid`
}

/** Deletes a schedule with its history; whether there was one. */
export async function deleteSchedule(tx: Tx, venueId: string, id: string): Promise<void> {
  await tx`
    delete from report_runs where venue_id = ${venueId} and schedule_id = ${id}::text::uuid`
  await tx`
    delete from report_schedules where venue_id = ${venueId} and schedule_id = ${id}::text::uuid`
}

const kept = (tx: Tx) => tx`
  schedule_id as id, created_by, revision, name, rule, starts_at, tz, type, format, period, filters,
  options, recipients, contact_point_ids, enabled, paused_reason, planned_zone,
  (extract(epoch from next_run_at) * 1000)::float8 as next_run_at,
  (extract(epoch from planned_after) * 1000)::float8 as planned_after`

/** A schedule, locked until the end of the transaction. */
export async function lockSchedule(
  tx: Tx,
  venueId: string,
  id: string,
  seen: Seen,
): Promise<Kept | undefined> {
  const [row] = await tx<Kept[]>`
    select ${kept(tx)}
      from report_schedules
     where venue_id = ${venueId}
       and schedule_id = ${id}::text::uuid
       and (${seen}::text is null or created_by = ${seen})
       for update`
  return row
}

/** As lockSchedule; undefined also where another is at it. */
export async function takeSchedule(tx: Tx, venueId: string, id: string): Promise<Kept | undefined> {
  const [row] = await tx<Kept[]>`
    select ${kept(tx)}
      from report_schedules
     where venue_id = ${venueId} and schedule_id = ${id}::text::uuid
       for update skip locked`
  return row
}

/** A schedule as it is. */
export async function readSchedule(
  tx: Tx,
  venueId: string,
  id: string,
  seen: Seen,
): Promise<Kept | undefined> {
  const [row] = await tx<Kept[]>`
    select ${kept(tx)}
      from report_schedules
     where venue_id = ${venueId}
       and schedule_id = ${id}::text::uuid
       and (${seen}::text is null or created_by = ${seen})`
  return row
}

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Schedules as they are told, the latest first; of one alone where its id is given. */
export async function listSchedules(
  tx: Tx,
  venueId: string,
  seen: Seen,
  { after, limit }: Page,
  id: string | null = null,
): Promise<Listed<{ schedule: Schedule; revision: number }>[]> {
  const [createdAt = null, afterId = null] = after?.split(' ') ?? []
  const text = (column: string) => tx`to_char(${tx(column)} at time zone 'UTC', ${iso})`
  const rows = await tx<(Schedule & { revision: number; position: string })[]>`
    select s.schedule_id as id, s.name, s.rule, s.starts_at, s.tz, s.type, s.format, s.period, s.filters,
           s.options, s.recipients, s.contact_point_ids, s.enabled, s.created_by,
           ${text('s.created_at')} as created_at,
           case when s.enabled and s.paused_reason is null then ${text('s.next_run_at')}
                 end as next_run_at,
           s.paused_reason, s.revision,
           ${text('s.created_at')} || ' ' || s.schedule_id as position,
           (select jsonb_build_object(
                     'id', r.run_id, 'startedBy', r.started_by, 'askedBy', r.asked_by,
                     'dueAt', ${text('r.due_at')}, 'state', r.state, 'exportId', r.export_id,
                     'reason', r.reason, 'createdAt', ${text('r.created_at')},
                     'finishedAt', ${text('r.finished_at')})
              from report_runs r
             where r.venue_id = ${venueId} and r.schedule_id = s.schedule_id
             order by r.created_at desc, r.run_id desc
             limit 1) as last_run
      from report_schedules s
     where s.venue_id = ${venueId}
       and (${seen}::text is null or s.created_by = ${seen})
       and (${id}::text is null or s.schedule_id = ${id}::text::uuid)
       and (${createdAt}::text is null
            or (s.created_at, s.schedule_id) < (${createdAt}::text::timestamptz, ${afterId}::text::uuid))
     order by s.created_at desc, s.schedule_id desc
     limit ${limit}`
  return rows.map(({ position, revision, ...schedule }) => ({
    item: { schedule, revision },
    position,
  }))
}

/** The first instant (epoch ms) that anything in the venue's ledger is of; null where it is empty. */
export async function readFirst(tx: Tx, venueId: string): Promise<number | null> {
  const [row] = await tx<{ first: number | null }[]>`
    select (extract(epoch from min(occurred_at)) * 1000)::float8 as first
      from ledger
     where venue_id = ${venueId}`
  return row?.first ?? null
}
