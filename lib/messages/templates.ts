/** The languages that texts are in. */
export const locales = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pt'] as const
export type Locale = (typeof locales)[number]

/** What is said: a line, and what follows it. Plain text with {{names}}. */
export type Texts = { subject: string; body: string }
export type TextsOfAll = Record<TemplateKey, Texts>

type Variable = {
  definition: string
  example: string
  isOptional?: true
  /** An RFC 3339 instant: people read it in their language, by the clocks of the venue. */
  isInstant?: true
  /** A text with numbers: people read them as in their language. */
  hasNumbers?: true
}
export type Template = {
  definition: string
  /** What the texts may name: each with its meaning and an example. */
  variables: Record<string, Variable>
}

const venueName = { definition: 'The name of the venue, or its id', example: 'Palace Theatre' }
const at = (definition: string, example: string) => ({
  definition: `${definition}; read by the clocks of the venue`,
  example,
  isInstant: true as const,
})
const watched = {
  venue: venueName,
  alertId: { definition: 'The id of the alert', example: 'a-1' },
  name: { definition: 'The name of the alert', example: 'Refunds are high' },
  severity: { definition: 'info, low, medium, high or critical', example: 'high' },
  metric: { definition: 'What is watched', example: 'refund_rate' },
  at: at('Since when it is so', '2026-06-01T16:00:00.000000Z'),
  dashboardUrl: {
    definition: 'A page to look at; used where its host is allowed',
    example: '',
    isOptional: true as const,
  },
}
const alert = {
  ...watched,
  value: { definition: 'What was measured', example: '12.5 %', hasNumbers: true as const },
  threshold: {
    definition: 'Where the alert begins, in signs',
    example: '> 10 %',
    hasNumbers: true as const,
  },
}
const report = {
  venue: venueName,
  name: { definition: 'The name of the report', example: 'Yesterday’s sales' },
  dueAt: at('When it was due', '2026-06-02T11:00:00.000000Z'),
}

/** Everything that can be told, by its name. */
export const templates = {
  'alert-firing': { definition: 'An alert has begun', variables: alert },
  'alert-recovered': { definition: 'An alert is over', variables: alert },
  'alert-resolved': {
    definition: 'Somebody has resolved an alert, or changed, disabled or deleted it',
    variables: {
      ...watched,
      reason: { definition: 'Why, in their words', example: 'The scanner was exchanged' },
    },
  },
  'alert-escalated': { definition: 'Nobody has taken care of an alert', variables: alert },
  'alert-no-data': { definition: 'An alert has nothing to look at', variables: watched },
  'alert-error': {
    definition: 'What an alert watches cannot be measured',
    variables: { ...watched, reason: { definition: 'Why', example: 'the answer is too long' } },
  },
  'report-ready': {
    definition: 'The file of a report is there',
    variables: {
      ...report,
      exportId: { definition: 'The id of the file', example: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90' }, // biome-ignore format: one line
    },
  },
  'report-failed': {
    definition: 'A report could not be made',
    variables: {
      ...report,
      reason: { definition: 'Why', example: 'postgres was away or did not answer in time' },
    },
  },
  'contact-point-test': {
    definition: 'Somebody tries a contact point',
    variables: {
      venue: venueName,
      name: { definition: 'The name of the contact point', example: 'Box office' },
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
