import { readTenant, withTenant } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { readVenue } from '../venues/store.ts'
import { ownTexts } from './own-texts.ts'
import { type Kind, kinds, render } from './render.ts'
import type {
  MessageTemplate,
  MessageTemplates,
  NewTexts,
  PreviewAsked,
} from './template-schema.ts'
import { deleteOverride, listOverrides, lockOverride, writeOverride } from './template-store.ts'
import { defectOfText } from './template-text.ts'
import {
  declaredBy,
  defectOfData,
  examplesOf,
  isLocale,
  isTemplate,
  type Locale,
  locales,
  type TemplateKey,
  type Texts,
  templateKeys,
  templateOf,
} from './templates.ts'

type Named = { key: TemplateKey; locale: Locale }

/** Every template in every language, as the venue says it. */
export async function allTemplates(venueId: string): Promise<MessageTemplates> {
  const overrides = await readTenant(venueId, (tx) => listOverrides(tx, venueId))
  const items = templateKeys.flatMap((key) =>
    locales.map((locale) => {
      const own = overrides.find((one) => one.template === key && one.locale === locale)
      return told({ key, locale }, own ?? ownTexts(key, locale), own?.revision ?? 0)
    }),
  )
  return { items }
}

/** Puts texts in place of the service's; refused where they name what the template has not. */
export async function changeTemplate(
  venueId: string,
  { key, locale }: { key: string; locale: string },
  asked: { userId: string; texts: NewTexts; isCurrent: (etag: string) => boolean },
): Promise<MessageTemplate> {
  const named = namedBy(key, locale)
  refuseWrongTexts(named.key, asked.texts)
  return withTenant(venueId, async (tx) => {
    const revision = await lockOverride(tx, venueId, named.key, named.locale)
    if (!asked.isCurrent(etagOf(named, revision))) {
      throw new Refusal('precondition_failed', 'The template was changed since it was read')
    }
    const { texts, userId: updatedBy } = asked
    const row = { ...texts, template: named.key, locale: named.locale, updatedBy }
    await writeOverride(tx, venueId, row)
    return told(named, texts, revision + 1)
  })
}

/** Goes back to the service's texts. */
export async function resetTemplate(venueId: string, key: string, locale: string): Promise<void> {
  const named = namedBy(key, locale)
  await withTenant(venueId, (tx) => deleteOverride(tx, venueId, named.key, named.locale))
}

/** What each channel would send: with the texts of the request or the venue's, and example values. */
export async function previewOf(
  venueId: string,
  name: string,
  { locale, subject, body, data }: PreviewAsked,
  now: Date,
) {
  const { key } = namedBy(name, locale)
  const { overrides, timeZone } = await readTenant(venueId, async (tx) => ({
    overrides: await listOverrides(tx, venueId),
    timeZone: (await readVenue(tx, venueId)).settings.timeZone,
  }))
  const kept =
    overrides.find((one) => one.template === key && one.locale === locale) ?? ownTexts(key, locale)
  const texts = { subject: subject ?? kept.subject, body: body ?? kept.body }
  refuseWrongTexts(key, texts)
  const values = { ...examplesOf(key), venue: venueId, ...data }
  const wrong = defectOfData(key, values)
  if (wrong) throw refusal(`data.${wrong.name}`, wrong.defect)
  const reader = { locale, timeZone }
  const content = { template: key, texts, data: values, createdAt: now, reader }
  const { DASHBOARD_ORIGINS: origins } = config('dashboards')
  const shown = (kind: Kind) => {
    const { kind: _, ...rendered } = render(kind, [content], { venueId, origins })
    return [kind, rendered]
  }
  return Object.fromEntries(kinds.map(shown))
}

function namedBy(key: string, locale: string): Named {
  if (isTemplate(key) && isLocale(locale)) return { key, locale }
  throw new Refusal('not_found', 'There is no such template')
}

function refuseWrongTexts(key: TemplateKey, texts: Texts): void {
  for (const path of ['subject', 'body'] as const) {
    const defect = defectOfText(texts[path], declaredBy(key))
    if (defect) throw refusal(path, defect)
  }
}

const refusal = (path: string, defect: string): Refusal =>
  new Refusal('bad_request', `The body is not right: ${path} ${defect}`, [
    { path, code: 'custom', message: `${path}: ${defect}` },
  ])

const etagOf = ({ key, locale }: Named, revision: number): string =>
  `"message-template-${key}-${locale}-${revision}"`

const told = (named: Named, { subject, body }: Texts, revision: number): MessageTemplate => ({
  ...named,
  ...{ subject, body },
  variables: Object.entries(templateOf(named.key).variables).map(
    ([name, { definition, example }]) => ({ name, definition, example }),
  ),
  isOwn: revision > 0,
  etag: etagOf(named, revision),
})
