import type { TextsOfAll } from '../templates.ts'

/** What the service says in English. */
export const english: TextsOfAll = {
  'alert-firing': {
    subject: '[{{severity}}] {{name}}',
    body: '{{metric}} of {{venue}} is {{value}} (threshold {{threshold}}), since {{at}}.',
  },
  'alert-recovered': {
    subject: 'Recovered: {{name}}',
    body: '{{metric}} of {{venue}} is {{value}}: no longer {{threshold}}, since {{at}}.',
  },
  'alert-resolved': {
    subject: 'Resolved: {{name}}',
    body: '{{metric}} of {{venue}}: resolved, {{at}}. {{reason}}',
  },
  'alert-escalated': {
    subject: 'Still firing: [{{severity}}] {{name}}',
    body: 'Nobody has taken care of it: {{metric}} of {{venue}} is {{value}} (threshold {{threshold}}), {{at}}.',
  },
  'alert-no-data': {
    subject: '[{{severity}}] No data: {{name}}',
    body: 'There is nothing to measure {{metric}} of {{venue}} by, since {{at}}.',
  },
  'alert-error': {
    subject: '[{{severity}}] Not looked at: {{name}}',
    body: '{{metric}} of {{venue}} cannot be measured, since {{at}}: {{reason}}.',
  },
  'report-ready': {
    subject: 'Report ready: {{name}}',
    body: 'The report “{{name}}” of {{venue}}, due {{dueAt}}, is ready.',
  },
  'report-failed': {
    subject: 'Report failed: {{name}}',
    body: 'The report “{{name}}” of {{venue}}, due {{dueAt}}, could not be made: {{reason}}.',
  },
  'contact-point-test': {
    subject: 'Test of {{name}}',
    body: 'This is a test from {{venue}}: messages for “{{name}}” come here.',
  },
}
