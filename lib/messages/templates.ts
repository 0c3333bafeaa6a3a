/** The languages that texts may be in; the first is where others are missing. */
export const locales = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pt'] as const
export type Locale = (typeof locales)[number]

/** What is said: a line, and what follows it. Plain text with {{names}}. */
export type Texts = { subject: string; body: string }

export type Template = {
  definition: string
  /** What the texts may name: each with its meaning and an example. */
  variables: Record<string, { definition: string; example: string; isOptional?: true }>
  texts: { en: Texts } & Partial<Record<Locale, Texts>>
}

const venueName = { definition: 'The name of the venue, or its id', example: 'Palace Theatre' }
const alert = {
  venue: venueName,
  alertId: { definition: 'The id of the alert', example: 'a-1' },
  name: { definition: 'The name of the alert', example: 'Refunds are high' },
  severity: { definition: 'info, warning or critical', example: 'warning' },
  metric: { definition: 'What is watched', example: 'refund_rate' },
  value: { definition: 'What was measured', example: '12.5 %' },
  threshold: { definition: 'Where the alert begins', example: '10 %' },
  at: { definition: 'When it was measured', example: '2026-06-01 12:00' },
  dashboardUrl: {
    definition: 'A page to look at; used where its host is allowed',
    example: '',
    isOptional: true as const,
  },
}
const report = {
  venue: venueName,
  name: { definition: 'The name of the report', example: 'Yesterday’s sales' },
  dueAt: { definition: 'When it was due', example: '2026-06-02T11:00:00.000000Z' },
}

/** Everything that can be told, by its name. */
export const templates = {
  'alert-firing': {
    definition: 'An alert has begun',
    variables: alert,
    texts: {
      en: {
        subject: '[{{severity}}] {{name}}',
        body: '{{metric}} of {{venue}} is {{value}}, beyond {{threshold}}, since {{at}}.',
      },
      de: {
        subject: '[{{severity}}] {{name}}',
        body: '{{metric}} von {{venue}} ist {{value}}, jenseits von {{threshold}}, seit {{at}}.',
      },
    },
  },
  'alert-recovered': {
    definition: 'An alert is over',
    variables: alert,
    texts: {
      en: {
        subject: 'Recovered: {{name}}',
        body: '{{metric}} of {{venue}} is {{value}} again, within {{threshold}}, since {{at}}.',
      },
      de: {
        subject: 'Vorbei: {{name}}',
        body: '{{metric}} von {{venue}} ist wieder {{value}}, innerhalb von {{threshold}}, seit {{at}}.',
      },
    },
  },
  'alert-escalated': {
    definition: 'Nobody has taken care of an alert',
    variables: alert,
    texts: {
      en: {
        subject: 'Still firing: [{{severity}}] {{name}}',
        body: 'Nobody has taken care of it: {{metric}} of {{venue}} is {{value}}, beyond {{threshold}}, since {{at}}.',
      },
      de: {
        subject: 'Noch immer: [{{severity}}] {{name}}',
        body: 'Niemand hat sich gekümmert: {{metric}} von {{venue}} ist {{value}}, jenseits von {{threshold}}, seit {{at}}.',
      },
    },
  },
  'report-ready': {
    definition: 'The file of a report is there',
    variables: {
      ...report,
      exportId: { definition: 'The id of the file', example: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90' }, // biome-ignore format: one line
    },
    texts: {
      en: {
        subject: 'Report ready: {{name}}',
        body: 'The report “{{name}}” of {{venue}}, due {{dueAt}}, is ready.',
      },
      de: {
        subject: 'Bericht fertig: {{name}}',
        body: 'Der Bericht „{{name}}“ von {{venue}}, fällig {{dueAt}}, ist fertig.',
      },
    },
  },
  'report-failed': {
    definition: 'A report could not be made',
    variables: {
      ...report,
      reason: { definition: 'Why', example: 'postgres was away or did not answer in time' },
    },
    texts: {
      en: {
        subject: 'Report failed: {{name}}',
        body: 'The report “{{name}}” of {{venue}}, due {{dueAt}}, could not be made: {{reason}}.',
      },
      de: {
        subject: 'Bericht gescheitert: {{name}}',
        body: 'Der Bericht „{{name}}“ von {{venue}}, fällig {{dueAt}}, kam nicht zustande: {{reason}}.',
      },
    },
  },
  'contact-point-test': {
    definition: 'Somebody tries a contact point',
    variables: {
      venue: venueName,
      name: { definition: 'The name of the contact point', example: 'Box office' },
    },
    texts: {
      en: {
        subject: 'Test of {{name}}',
        body: 'This is a test from {{venue}}: messages for “{{name}}” come here.',
      },
      de: {
        subject: 'Probe von {{name}}',
        body: 'Dies ist eine Probe von {{venue}}: Nachrichten für „{{name}}“ kommen hier an.',
      },
    },
  },
} satisfies Record<string, Template>

export type TemplateKey = keyof typeof templates
export const templateKeys = Object.keys(templates) as TemplateKey[]

export const isTemplate = (name: string): name is TemplateKey => Object.hasOwn(templates, name)
export const isLocale = (name: string): name is Locale => (locales as readonly string[]).includes(name) // biome-ignore format: one line

/** A template by its name, of whatever variables. */
export const templateOf = (key: TemplateKey): Template => templates[key]

/** The names that the texts of a template may have. */
export const declaredBy = (key: TemplateKey): string[] => Object.keys(templateOf(key).variables)

/** The texts that come with the service, in a language or the first. */
export const ownTexts = (key: TemplateKey, locale: Locale): Texts =>
  templateOf(key).texts[locale] ?? templateOf(key).texts.en

/** Example values of a template. */
export const examplesOf = (key: TemplateKey): Record<string, string> =>
  Object.fromEntries(
    Object.entries(templateOf(key).variables).map(([name, { example }]) => [name, example]),
  )

/** What is wrong with the values for a template, in words; undefined where nothing is. */
export function defectOfData(
  key: TemplateKey,
  data: Record<string, string>,
): { name: string; defect: string } | undefined {
  const { variables } = templateOf(key)
  const unknown = Object.keys(data).find((name) => !Object.hasOwn(variables, name))
  if (unknown !== undefined) return { name: unknown, defect: `is no variable of ${key}` }
  const missing = Object.entries(variables).find(
    ([name, { isOptional }]) => !isOptional && !Object.hasOwn(data, name),
  )
  return missing && { name: missing[0], defect: `is missing: ${key} needs it` }
}
