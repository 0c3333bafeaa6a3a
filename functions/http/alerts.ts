import * as z from 'zod'
import {
  Alert,
  AlertChange,
  AlertPage,
  AlertQuery,
  NewAlert,
} from '../../lib/alerts/alert-schema.ts'
import {
  addAlert,
  changeAlert,
  enableAlert,
  findAlert,
  pageOfAlerts,
  removeAlert,
} from '../../lib/alerts/alerts.ts'
import { AlertTemplates, readyRules } from '../../lib/alerts/ready-rules.ts'
import type { Revised } from '../../lib/alerts/rule-store.ts'
import { AlertTest, testRule } from '../../lib/alerts/test-rule.ts'
import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { sealedTag, withoutSeals } from '../../lib/sealed-tag.ts'

const nameOf = (id: string, revision: number): string => `alert-${id}-${revision}`

// What it does is told with it, and a change depends on its rule alone.
const answerOf = ({ alert, revision }: Revised, more = {}, status = 200): Answer =>
  new Answer(status, alert, { etag: sealedTag(nameOf(alert.id, revision), alert), ...more })

const routes = {
  'GET /v1/alert-templates': route(
    {
      access: 'token',
      summary: 'Alerts to begin with: each has a body that makes one',
      response: AlertTemplates,
    },
    async () => ({ items: readyRules }),
  ),

  'GET /v1/venues/{venueId}/alerts': route(
    {
      access: 'viewer',
      summary: 'Alerts, the worst first, then the latest',
      query: AlertQuery,
      response: AlertPage,
    },
    ({ venueId, query }) => pageOfAlerts(venueId, query),
  ),

  'POST /v1/venues/{venueId}/alerts': route(
    {
      access: 'manager',
      summary: 'Have a number watched',
      body: NewAlert,
      response: Alert,
      status: 201,
      refuses: ['unprocessable'],
      description:
        'Each minute the last `window` is asked. Where the condition holds for `for`, it fires: an instance is opened for each group, and whoever is named is told once. It is over when the condition has not held for `keepFiringFor`. At most 500 for a venue.',
    },
    async ({ venueId, caller, body: rule, onceId }) => {
      const made = await addAlert(venueId, { userId: caller.userId, rule, onceId })
      return answerOf(made, { location: `/v1/venues/${venueId}/alerts/${made.alert.id}` }, 201)
    },
  ),

  'GET /v1/venues/{venueId}/alerts/{alertId}': route(
    { access: 'viewer', summary: 'One alert', response: Alert },
    async ({ venueId, params }) => answerOf(await findAlert(venueId, params.alertId ?? '')),
  ),

  'PATCH /v1/venues/{venueId}/alerts/{alertId}': route(
    {
      access: 'manager',
      summary: 'Change an alert',
      body: AlertChange,
      response: Alert,
      refuses: ['unprocessable'],
      description:
        'What is left out stays; each field is changed whole. Where it asks or judges otherwise, what waits to fire begins anew; where the metric, its currency or the groups are others, what fires is resolved. Whom it newly names hears at the next minute of what fires, if nobody takes care of it.',
    },
    async ({ venueId, caller: { userId }, params, body: change, ifMatch }) => {
      const isCurrent = (id: string, revision: number) =>
        matches(withoutSeals(ifMatch), `"${nameOf(id, revision)}"`)
      const asked = { userId, change, isCurrent }
      return answerOf(await changeAlert(venueId, params.alertId ?? '', asked))
    },
  ),

  'POST /v1/venues/{venueId}/alerts/{alertId}/enable': route(
    { access: 'manager', summary: 'Have an alert evaluated', response: Alert },
    async ({ venueId, caller: { userId }, params }) =>
      answerOf(await enableAlert(venueId, params.alertId ?? '', { userId, enabled: true })),
  ),

  'POST /v1/venues/{venueId}/alerts/{alertId}/disable': route(
    {
      access: 'manager',
      summary: 'Have an alert evaluated no longer',
      response: Alert,
      description: 'What fires is resolved.',
    },
    async ({ venueId, caller: { userId }, params }) =>
      answerOf(await enableAlert(venueId, params.alertId ?? '', { userId, enabled: false })),
  ),

  'POST /v1/venues/{venueId}/alerts/{alertId}/test': route(
    {
      access: 'manager',
      summary: 'See what an alert would find now',
      response: AlertTest,
      description: 'Whether it is enabled or not. Nothing fires and nobody is told.',
    },
    ({ venueId, params, now }) => testRule(venueId, params.alertId ?? '', now),
  ),

  'DELETE /v1/venues/{venueId}/alerts/{alertId}': route(
    {
      access: 'manager',
      summary: 'Delete an alert',
      response: z.undefined(),
      status: 204,
      description: 'What fires is resolved; its instances and their history stay.',
    },
    async ({ venueId, caller, params }) => {
      await removeAlert(venueId, params.alertId ?? '', caller.userId)
      return new Answer(204, undefined)
    },
  ),
}

export const handler = http(routes, once)
