import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { NewPolicy, Policy } from './policy-schema.ts'

/** A policy with its revision, which is what an update must name. */
export type Revised = { policy: Policy; revision: number }

/** Keeps a new policy; returns the id of the one that the request has made. */
export async function insertPolicy(
  tx: Tx,
  venueId: string,
  { onceId, createdBy, wish }: { onceId: string; createdBy: string; wish: NewPolicy },
): Promise<string> {
  await tx`
    insert into escalation_policies (venue_id, once_id, created_by, name, steps, group_interval,
                                     repeat_every)
    values (${venueId}, ${onceId}, ${createdBy}, ${wish.name},
            ${JSON.stringify(wish.steps)}::text::jsonb, ${wish.groupInterval}, ${wish.repeatEvery})
        on conflict (venue_id, once_id) do nothing`
  const [made] = await tx<{ id: string }[]>`
    select policy_id as id
      from escalation_policies
     where venue_id = ${venueId} and once_id = ${onceId}`
  return made?.id ?? ''
}

/** Locks a policy until the end of the transaction; its revision. */
export async function lockPolicy(tx: Tx, venueId: string, id: string): Promise<number | undefined> {
  const [row] = await tx<{ revision: number }[]>`
    select revision
      from escalation_policies
     where venue_id = ${venueId} and policy_id = ${id}::text::uuid
       for update`
  return row?.revision
}

/** Whether there is a policy; if so it stays until the end of the transaction. */
export async function keepPolicy(tx: Tx, venueId: string, id: string): Promise<boolean> {
  const { count } = await tx`
    select policy_id
      from escalation_policies
     where venue_id = ${venueId} and policy_id = ${id}::text::uuid
       for key share`
  return count > 0
}

/** Writes a policy anew, the next revision of it. */
export const updatePolicy = (tx: Tx, venueId: string, id: string, now: NewPolicy) => tx`
  update escalation_policies
     set revision = revision + 1, name = ${now.name},
         steps = ${JSON.stringify(now.steps)}::text::jsonb,
         group_interval = ${now.groupInterval}, repeat_every = ${now.repeatEvery}
   where venue_id = ${venueId} and policy_id = ${id}::text::uuid`

/** Deletes a policy that no alert follows. */
export const deletePolicy = (tx: Tx, venueId: string, id: string) => tx`
  delete from escalation_policies where venue_id = ${venueId} and policy_id = ${id}::text::uuid`

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Policies of the venue, the latest first; one alone where its id is given. */
export async function listPolicies(
  tx: Tx,
  venueId: string,
  { after, limit }: Page,
  only: string | null = null,
): Promise<Listed<Revised>[]> {
  const [createdAt = null, id = null] = after?.split(' ') ?? []
  const told = tx`to_char(created_at at time zone 'UTC', ${iso})`
  const rows = await tx<(Policy & { revision: number; position: string })[]>`
    select policy_id as id, name, steps, group_interval, repeat_every, created_by,
           ${told} as created_at, revision, ${told} || ' ' || policy_id as position
      from escalation_policies
     where venue_id = ${venueId}
       and (${only}::text is null or policy_id = ${only}::text::uuid)
       and (${createdAt}::text is null
            or (escalation_policies.created_at, policy_id)
               < (${createdAt}::text::timestamptz, ${id}::text::uuid))
     order by escalation_policies.created_at desc, policy_id desc
     limit ${limit}`
  return rows.map(({ position, revision, ...policy }) => ({ item: { policy, revision }, position }))
}
