import type { Tx } from '../clients/postgres.ts'
import type { Locale, TemplateKey, Texts } from './templates.ts'

/** What a venue says in place of the service's texts. */
export type Override = Texts & { template: TemplateKey; locale: Locale; revision: number }

/** Everything that the venue says in place of the service's texts. */
export const listOverrides = (tx: Tx, venueId: string) => tx<Override[]>`
  select template, locale, subject, body, revision
    from message_templates
   where venue_id = ${venueId}
   order by template, locale`

/** The revision of one, locked against another change; 0 where there is none. */
export async function lockOverride(
  tx: Tx,
  venueId: string,
  template: TemplateKey,
  locale: Locale,
): Promise<number> {
  await tx`select pg_advisory_xact_lock(hashtext('message templates'), hashtext(${venueId}))`
  const [row] = await tx<{ revision: number }[]>`
    select revision
      from message_templates
     where venue_id = ${venueId} and template = ${template} and locale = ${locale}`
  return row?.revision ?? 0
}

/** Writes one anew, the next revision of it. */
export const writeOverride = (
  tx: Tx,
  venueId: string,
  row: Texts & { template: TemplateKey; locale: Locale; updatedBy: string },
) => tx`
  insert into message_templates as t (venue_id, template, locale, subject, body, updated_by)
  values (${venueId}, ${row.template}, ${row.locale}, ${row.subject}, ${row.body}, ${row.updatedBy})
      on conflict (venue_id, template, locale)
      do update set subject = excluded.subject, body = excluded.body,
                    updated_by = excluded.updated_by, updated_at = clock_timestamp(),
                    revision = t.revision + 1`

/** Goes back to the service's texts; whether there were others. */
export async function deleteOverride(
  tx: Tx,
  venueId: string,
  template: TemplateKey,
  locale: Locale,
): Promise<boolean> {
  const { count } = await tx`
    delete from message_templates
     where venue_id = ${venueId} and template = ${template} and locale = ${locale}`
  return count > 0
}
