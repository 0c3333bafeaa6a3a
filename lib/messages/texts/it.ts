import type { TextsOfAll } from '../templates.ts'

/** What the service says in Italian. */
export const italian: TextsOfAll = {
  'alert-firing': {
    subject: '[{{severity}}] {{name}}',
    body: '{{metric}} di {{venue}} è {{value}} (soglia {{threshold}}), da {{at}}.',
  },
  'alert-recovered': {
    subject: 'Rientrato: {{name}}',
    body: '{{metric}} di {{venue}} è {{value}}: non più {{threshold}}, da {{at}}.',
  },
  'alert-resolved': {
    subject: 'Risolto: {{name}}',
    body: '{{metric}} di {{venue}}: risolto, {{at}}. {{reason}}',
  },
  'alert-escalated': {
    subject: 'Ancora attivo: [{{severity}}] {{name}}',
    body: 'Nessuno se ne è occupato: {{metric}} di {{venue}} è {{value}} (soglia {{threshold}}), {{at}}.',
  },
  'alert-no-data': {
    subject: '[{{severity}}] Nessun dato: {{name}}',
    body: 'Non c’è nulla con cui misurare {{metric}} di {{venue}}, dal {{at}}.',
  },
  'alert-error': {
    subject: '[{{severity}}] Non verificato: {{name}}',
    body: 'Non è possibile misurare {{metric}} di {{venue}}, dal {{at}}: {{reason}}.',
  },
  'report-ready': {
    subject: 'Rapporto pronto: {{name}}',
    body: 'Il rapporto «{{name}}» di {{venue}}, previsto per il {{dueAt}}, è pronto.',
  },
  'report-failed': {
    subject: 'Rapporto non riuscito: {{name}}',
    body: 'Non è stato possibile creare il rapporto «{{name}}» di {{venue}}, previsto per il {{dueAt}}: {{reason}}.',
  },
  'contact-point-test': {
    subject: 'Prova di {{name}}',
    body: 'Questa è una prova di {{venue}}: i messaggi per «{{name}}» arrivano qui.',
  },
}
