import type { TextsOfAll } from '../templates.ts'

/** What the service says in Portuguese. */
export const portuguese: TextsOfAll = {
  'alert-firing': {
    subject: '[{{severity}}] {{name}}',
    body: '{{metric}} de {{venue}} é {{value}} (limite {{threshold}}), desde {{at}}.',
  },
  'alert-recovered': {
    subject: 'Recuperado: {{name}}',
    body: '{{metric}} de {{venue}} é {{value}}: já não {{threshold}}, desde {{at}}.',
  },
  'alert-resolved': {
    subject: 'Resolvido: {{name}}',
    body: '{{metric}} de {{venue}}: resolvido, {{at}}. {{reason}}',
  },
  'alert-escalated': {
    subject: 'Ainda ativo: [{{severity}}] {{name}}',
    body: 'Ninguém tratou disso: {{metric}} de {{venue}} é {{value}} (limite {{threshold}}), {{at}}.',
  },
  'alert-no-data': {
    subject: '[{{severity}}] Sem dados: {{name}}',
    body: 'Não há com que medir {{metric}} de {{venue}}, desde {{at}}.',
  },
  'alert-error': {
    subject: '[{{severity}}] Não verificado: {{name}}',
    body: 'Não é possível medir {{metric}} de {{venue}}, desde {{at}}: {{reason}}.',
  },
  'report-ready': {
    subject: 'Relatório pronto: {{name}}',
    body: 'O relatório “{{name}}” de {{venue}}, previsto para {{dueAt}}, está pronto.',
  },
  'report-failed': {
    subject: 'Falha no relatório: {{name}}',
    body: 'Não foi possível criar o relatório “{{name}}” de {{venue}}, previsto para {{dueAt}}: {{reason}}.',
  },
  'contact-point-test': {
    subject: 'Teste de {{name}}',
    body: 'Este é um teste de {{venue}}: as mensagens para “{{name}}” chegam aqui.',
  },
}
