import type { TextsOfAll } from '../templates.ts'

/** What the service says in German. */
export const german: TextsOfAll = {
  'alert-firing': {
    subject: '[{{severity}}] {{name}}',
    body: '{{metric}} von {{venue}} ist {{value}} (Schwelle {{threshold}}), seit {{at}}.',
  },
  'alert-recovered': {
    subject: 'Vorbei: {{name}}',
    body: '{{metric}} von {{venue}} ist {{value}}: nicht mehr {{threshold}}, seit {{at}}.',
  },
  'alert-resolved': {
    subject: 'Erledigt: {{name}}',
    body: '{{metric}} von {{venue}}: erledigt, {{at}}. {{reason}}',
  },
  'alert-escalated': {
    subject: 'Noch immer: [{{severity}}] {{name}}',
    body: 'Niemand hat sich gekümmert: {{metric}} von {{venue}} ist {{value}} (Schwelle {{threshold}}), {{at}}.',
  },
  'alert-no-data': {
    subject: '[{{severity}}] Keine Daten: {{name}}',
    body: 'Für {{metric}} von {{venue}} gibt es nichts zu messen, seit {{at}}.',
  },
  'alert-error': {
    subject: '[{{severity}}] Nicht geprüft: {{name}}',
    body: '{{metric}} von {{venue}} lässt sich nicht messen, seit {{at}}: {{reason}}.',
  },
  'report-ready': {
    subject: 'Bericht fertig: {{name}}',
    body: 'Der Bericht „{{name}}“ von {{venue}}, fällig {{dueAt}}, ist fertig.',
  },
  'report-failed': {
    subject: 'Bericht gescheitert: {{name}}',
    body: 'Der Bericht „{{name}}“ von {{venue}}, fällig {{dueAt}}, kam nicht zustande: {{reason}}.',
  },
  'contact-point-test': {
    subject: 'Probe von {{name}}',
    body: 'Dies ist eine Probe von {{venue}}: Nachrichten für „{{name}}“ kommen hier an.',
  },
}
