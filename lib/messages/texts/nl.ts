import type { TextsOfAll } from '../templates.ts'

/** What the service says in Dutch. */
export const dutch: TextsOfAll = {
  'alert-firing': {
    subject: '[{{severity}}] {{name}}',
    body: '{{metric}} van {{venue}} is {{value}} (drempel {{threshold}}), sinds {{at}}.',
  },
  'alert-recovered': {
    subject: 'Hersteld: {{name}}',
    body: '{{metric}} van {{venue}} is {{value}}: niet meer {{threshold}}, sinds {{at}}.',
  },
  'alert-resolved': {
    subject: 'Opgelost: {{name}}',
    body: '{{metric}} van {{venue}}: opgelost, {{at}}. {{reason}}',
  },
  'alert-escalated': {
    subject: 'Nog steeds actief: [{{severity}}] {{name}}',
    body: 'Niemand heeft het opgepakt: {{metric}} van {{venue}} is {{value}} (drempel {{threshold}}), {{at}}.',
  },
  'alert-no-data': {
    subject: '[{{severity}}] Geen gegevens: {{name}}',
    body: 'Er is niets om {{metric}} van {{venue}} aan te meten, sinds {{at}}.',
  },
  'alert-error': {
    subject: '[{{severity}}] Niet gecontroleerd: {{name}}',
    body: '{{metric}} van {{venue}} kan niet worden gemeten, sinds {{at}}: {{reason}}.',
  },
  'report-ready': {
    subject: 'Rapport klaar: {{name}}',
    body: 'Het rapport “{{name}}” van {{venue}}, gepland voor {{dueAt}}, is klaar.',
  },
  'report-failed': {
    subject: 'Rapport mislukt: {{name}}',
    body: 'Het rapport “{{name}}” van {{venue}}, gepland voor {{dueAt}}, kon niet worden gemaakt: {{reason}}.',
  },
  'contact-point-test': {
    subject: 'Proef van {{name}}',
    body: 'Dit is een proef van {{venue}}: berichten voor “{{name}}” komen hier aan.',
  },
}
