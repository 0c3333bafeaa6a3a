import type { TextsOfAll } from '../templates.ts'

/** What the service says in Spanish. */
export const spanish: TextsOfAll = {
  'alert-firing': {
    subject: '[{{severity}}] {{name}}',
    body: '{{metric}} de {{venue}} es {{value}} (umbral {{threshold}}), desde {{at}}.',
  },
  'alert-recovered': {
    subject: 'Resuelta: {{name}}',
    body: '{{metric}} de {{venue}} es {{value}}: ya no {{threshold}}, desde {{at}}.',
  },
  'alert-resolved': {
    subject: 'Cerrada: {{name}}',
    body: '{{metric}} de {{venue}}: resuelta, {{at}}. {{reason}}',
  },
  'alert-escalated': {
    subject: 'Sigue activa: [{{severity}}] {{name}}',
    body: 'Nadie se ha ocupado: {{metric}} de {{venue}} es {{value}} (umbral {{threshold}}), {{at}}.',
  },
  'alert-no-data': {
    subject: '[{{severity}}] Sin datos: {{name}}',
    body: 'No hay con qué medir {{metric}} de {{venue}}, desde {{at}}.',
  },
  'alert-error': {
    subject: '[{{severity}}] Sin comprobar: {{name}}',
    body: 'No se puede medir {{metric}} de {{venue}}, desde {{at}}: {{reason}}.',
  },
  'report-ready': {
    subject: 'Informe listo: {{name}}',
    body: 'El informe «{{name}}» de {{venue}}, previsto para el {{dueAt}}, está listo.',
  },
  'report-failed': {
    subject: 'Informe fallido: {{name}}',
    body: 'El informe «{{name}}» de {{venue}}, previsto para el {{dueAt}}, no se pudo crear: {{reason}}.',
  },
  'contact-point-test': {
    subject: 'Prueba de {{name}}',
    body: 'Esta es una prueba de {{venue}}: los mensajes para «{{name}}» llegan aquí.',
  },
}
