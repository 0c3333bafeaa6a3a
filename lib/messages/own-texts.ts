import type { Locale, TemplateKey, Texts, TextsOfAll } from './templates.ts'
import { german } from './texts/de.ts'
import { english } from './texts/en.ts'
import { spanish } from './texts/es.ts'
import { french } from './texts/fr.ts'
import { italian } from './texts/it.ts'
import { dutch } from './texts/nl.ts'
import { portuguese } from './texts/pt.ts'

const texts: Record<Locale, TextsOfAll> = {
  ...{ en: english, de: german, es: spanish, fr: french },
  ...{ it: italian, nl: dutch, pt: portuguese },
}

/** The texts that come with the service. */
export const ownTexts = (key: TemplateKey, locale: Locale): Texts => texts[locale][key]
