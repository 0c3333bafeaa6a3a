import type { Tx } from '../clients/postgres.ts'
import { listed } from './claims.ts'

/** How a message ended, or when it is tried again. */
export type End = {
  id: string
  status: 'sent' | 'failed' | 'dead'
  reason: string | null
  providerId: string | null
  httpStatus: number | null
  retrySeconds: number | null
  /** Nothing has left the house: it does not count as a try. */
  isUntried?: boolean
}

/**
 * Notes how messages have ended, and those that went with them where there are groups; of a claim where
 * there was one.
 */
export async function endMessages(
  tx: Tx,
  venueId: string,
  ends: readonly End[],
  { claimId, hasGroups }: { claimId: string | null; hasGroups: boolean },
): Promise<void> {
  const ids = listed(
    tx,
    ends.map(({ id }) => id),
  )
  const told = (rows: readonly object[]) => tx`
    jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as e (
      id uuid, status text, reason text, "providerId" text, "httpStatus" int, "retrySeconds" float8,
      "isUntried" boolean, attempts int)`
  const end = tx`
    status = e.status, reason = e.reason, provider_id = e."providerId", claimed_until = null,
    due_at = case when e."retrySeconds" is null then m.due_at
                  else clock_timestamp() + make_interval(secs => e."retrySeconds") end,
    sent_at = case when e.status = 'sent' then clock_timestamp() end`
  const leads = await tx<{ id: string; attempts: number }[]>`
    update messages m
       set ${end}, tries = m.tries - coalesce(e."isUntried", false)::int
      from ${told(ends)}
     where m.venue_id = ${venueId}
       and m.message_id = ${ids}
       and m.message_id = e.id
       and (${claimId}::text is null or m.claim_id = ${claimId}::text::uuid)
    returning m.message_id as id, m.attempts`
  if (hasGroups) {
    // Of a claim that another has taken over, nothing is noted.
    const ofLeads = leads.map((lead) => ({ ...ends.find(({ id }) => id === lead.id), ...lead }))
    await tx`
      update messages m
         set ${end}, attempts = e.attempts
        from ${told(ofLeads)}
       where m.venue_id = ${venueId}
         and m.grouped_into = ${ids}
         and m.grouped_into = e.id`
  }
  if (claimId === null) return
  await tx`
    update message_attempts a
       set ended_at = clock_timestamp(), provider_id = e."providerId", reason = e.reason,
           http_status = e."httpStatus",
           outcome = case e.status when 'failed' then 'passing' when 'dead' then 'permanent'
                                   else e.status end
      from ${told(ends)}
     where a.venue_id = ${venueId}
       and a.message_id = ${ids}
       and a.message_id = e.id
       and a.claim_id = ${claimId}::text::uuid`
}
