import type { TextsOfAll } from '../templates.ts'

/** What the service says in French. */
export const french: TextsOfAll = {
  'alert-firing': {
    subject: '[{{severity}}] {{name}}',
    body: '{{metric}} de {{venue}} est à {{value}} (seuil {{threshold}}), depuis {{at}}.',
  },
  'alert-recovered': {
    subject: 'Rétablie : {{name}}',
    body: '{{metric}} de {{venue}} est à {{value}} : n’est plus {{threshold}}, depuis {{at}}.',
  },
  'alert-resolved': {
    subject: 'Résolue : {{name}}',
    body: '{{metric}} de {{venue}} : résolue, {{at}}. {{reason}}',
  },
  'alert-escalated': {
    subject: 'Toujours active : [{{severity}}] {{name}}',
    body: 'Personne ne s’en est occupé : {{metric}} de {{venue}} est à {{value}} (seuil {{threshold}}), {{at}}.',
  },
  'alert-no-data': {
    subject: '[{{severity}}] Pas de données : {{name}}',
    body: 'Il n’y a rien pour mesurer {{metric}} de {{venue}}, depuis le {{at}}.',
  },
  'alert-error': {
    subject: '[{{severity}}] Non vérifiée : {{name}}',
    body: '{{metric}} de {{venue}} ne peut pas être mesuré, depuis le {{at}} : {{reason}}.',
  },
  'report-ready': {
    subject: 'Rapport prêt : {{name}}',
    body: 'Le rapport « {{name}} » de {{venue}}, prévu pour le {{dueAt}}, est prêt.',
  },
  'report-failed': {
    subject: 'Échec du rapport : {{name}}',
    body: 'Le rapport « {{name}} » de {{venue}}, prévu pour le {{dueAt}}, n’a pas pu être créé : {{reason}}.',
  },
  'contact-point-test': {
    subject: 'Essai de {{name}}',
    body: 'Ceci est un essai de {{venue}} : les messages pour « {{name}} » arrivent ici.',
  },
}
