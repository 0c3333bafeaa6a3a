import * as z from 'zod'
import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import {
  ContactPoint,
  ContactPointChange,
  ContactPointPage,
  ContactPointWithSecret,
  NewContactPoint,
} from '../../lib/messages/contact-point.ts'
import {
  addContactPoint,
  changeContactPoint,
  findContactPoint,
  pageOfContactPoints,
  removeContactPoint,
  testContactPoint,
} from '../../lib/messages/contact-points.ts'
import { Message } from '../../lib/messages/schema.ts'
import { pageFields } from '../../lib/paging.ts'

const etagOf = (id: string, revision: number): string => `"contact-point-${id}-${revision}"`

type Told = { contactPoint: ContactPoint; revision: number; secret?: string }
const answerOf = ({ contactPoint, revision, secret }: Told, status = 200, more = {}): Answer =>
  new Answer(
    status,
    { ...contactPoint, ...(secret !== undefined && { secret }) },
    { etag: etagOf(contactPoint.id, revision), ...more },
  )

const routes = {
  'GET /v1/venues/{venueId}/contact-points': route(
    {
      access: 'manager',
      summary: 'Where messages of the venue go',
      query: z.strictObject(pageFields),
      response: ContactPointPage,
    },
    ({ venueId, query }) => pageOfContactPoints(venueId, query),
  ),

  'POST /v1/venues/{venueId}/contact-points': route(
    {
      access: 'manager',
      summary: 'Have messages go somewhere',
      body: NewContactPoint,
      response: ContactPointWithSecret,
      status: 201,
      refuses: ['unprocessable'],
      description:
        'Where it leads is kept sealed and never told again, a `hint` is. The `secret` of a webhook is told this once. At most 200 for a venue.',
    },
    async ({ venueId, caller, body, onceId }) => {
      const made = await addContactPoint(venueId, { userId: caller.userId, body, onceId })
      const location = `/v1/venues/${venueId}/contact-points/${made.contactPoint.id}`
      return answerOf(made, 201, { location })
    },
  ),

  'GET /v1/venues/{venueId}/contact-points/{contactPointId}': route(
    { access: 'manager', summary: 'One contact point', response: ContactPoint },
    async ({ venueId, params }) =>
      answerOf(await findContactPoint(venueId, params.contactPointId ?? '')),
  ),

  'PATCH /v1/venues/{venueId}/contact-points/{contactPointId}': route(
    {
      access: 'manager',
      summary: 'Change a contact point',
      body: ContactPointChange,
      response: ContactPointWithSecret,
      refuses: ['unprocessable'],
      description: 'What is left out stays; its kind cannot change.',
    },
    async ({ venueId, params, body, ifMatch }) => {
      const isCurrent = (id: string, revision: number) => matches(ifMatch, etagOf(id, revision))
      const id = params.contactPointId ?? ''
      return answerOf(await changeContactPoint(venueId, id, body, isCurrent))
    },
  ),

  'DELETE /v1/venues/{venueId}/contact-points/{contactPointId}': route(
    {
      access: 'manager',
      summary: 'Have messages go there no longer',
      response: z.undefined(),
      status: 204,
      refuses: ['conflict'],
      description:
        'What waits for it is not sent. Refused while report schedules, alerts or escalation policies name it; the answer tells which.',
    },
    async ({ venueId, params }) => {
      await removeContactPoint(venueId, params.contactPointId ?? '')
      return new Answer(204, undefined)
    },
  ),

  'POST /v1/venues/{venueId}/contact-points/{contactPointId}/test': route(
    {
      access: 'manager',
      summary: 'Send a test message',
      response: Message,
      status: 202,
      description: '`Location` names the message, whose log tells how it went.',
    },
    async ({ venueId, params, onceId }) => {
      const message = await testContactPoint(venueId, params.contactPointId ?? '', onceId)
      return new Answer(202, message, { location: `/v1/venues/${venueId}/messages/${message.id}` })
    },
  ),
}

export const handler = http(routes, once)
