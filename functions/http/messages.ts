import * as z from 'zod'
import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { findMessage, pageOfMessages, retryMessage } from '../../lib/messages/list.ts'
import { Message, MessagePage, MessageQuery, MessageWhole } from '../../lib/messages/schema.ts'
import {
  allTemplates,
  changeTemplate,
  previewOf,
  resetTemplate,
} from '../../lib/messages/template-change.ts'
import {
  MessageTemplate,
  MessageTemplates,
  NewTexts,
  Preview,
  PreviewAsked,
} from '../../lib/messages/template-schema.ts'

const routes = {
  'GET /v1/venues/{venueId}/messages': route(
    {
      access: 'manager',
      summary: 'Messages of the venue, and what became of them',
      query: MessageQuery,
      response: MessagePage,
      description: 'Those of the last 90 days. Whom they went to is told by no answer.',
    },
    ({ venueId, query }) => pageOfMessages(venueId, query),
  ),

  'GET /v1/venues/{venueId}/messages/{messageId}': route(
    { access: 'manager', summary: 'One message with its log', response: MessageWhole },
    ({ venueId, params }) => findMessage(venueId, params.messageId ?? ''),
  ),

  'POST /v1/venues/{venueId}/messages/{messageId}/retry': route(
    {
      access: 'manager',
      summary: 'Send a message again that failed or is dead',
      response: Message,
      status: 202,
      refuses: ['conflict'],
      description: 'Under the same key: a receiver that has it already knows it.',
    },
    ({ venueId, params }) => retryMessage(venueId, params.messageId ?? ''),
  ),

  'GET /v1/venues/{venueId}/message-templates': route(
    {
      access: 'manager',
      summary: 'What messages say, and which variables they have',
      response: MessageTemplates,
    },
    ({ venueId }) => allTemplates(venueId),
  ),

  'PUT /v1/venues/{venueId}/message-templates/{key}/{locale}': route(
    {
      access: 'manager',
      summary: 'Say it otherwise',
      body: NewTexts,
      response: MessageTemplate,
      description:
        '`If-Match` names the `etag` of the list. A variable that is not declared is refused.',
    },
    async ({ venueId, caller, params, body: texts, ifMatch }) => {
      const isCurrent = (etag: string) => matches(ifMatch, etag)
      const named = { key: params.key ?? '', locale: params.locale ?? '' }
      const asked = { userId: caller.userId, texts, isCurrent }
      const told = await changeTemplate(venueId, named, asked)
      return new Answer(200, told, { etag: told.etag })
    },
  ),

  'DELETE /v1/venues/{venueId}/message-templates/{key}/{locale}': route(
    {
      access: 'manager',
      summary: 'Go back to the texts of the service',
      response: z.undefined(),
      status: 204,
    },
    async ({ venueId, params }) => {
      await resetTemplate(venueId, params.key ?? '', params.locale ?? '')
      return new Answer(204, undefined)
    },
  ),

  'POST /v1/venues/{venueId}/message-templates/{key}/preview': route(
    {
      access: 'manager',
      summary: 'What each channel would send',
      body: PreviewAsked,
      response: Preview,
    },
    ({ venueId, params, body, now }) => previewOf(venueId, params.key ?? '', body, now),
  ),
}

export const handler = http(routes, once)
