import * as z from 'zod'
import { NewSilence, Silence, SilencePage, SilenceQuery } from '../../lib/alerts/silence-schema.ts'
import {
  addSilence,
  findSilence,
  pageOfSilences,
  removeSilence,
} from '../../lib/alerts/silences.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'

const routes = {
  'GET /v1/venues/{venueId}/silences': route(
    {
      access: 'viewer',
      summary: 'Silences, the latest first',
      query: SilenceQuery,
      response: SilencePage,
    },
    ({ venueId, query }) => pageOfSilences(venueId, query),
  ),

  'POST /v1/venues/{venueId}/silences': route(
    {
      access: 'manager',
      summary: 'Have nobody told of some alerts for a time',
      body: NewSilence,
      response: Silence,
      status: 201,
      refuses: ['unprocessable'],
      description:
        'Of what all matchers match nobody is told until it ends; what still fires then is told. At most 500 that are not over for a venue.',
    },
    async ({ venueId, caller, body: wish, now, onceId }) => {
      const made = await addSilence(venueId, { userId: caller.userId, wish, now, onceId })
      return new Answer(201, made, { location: `/v1/venues/${venueId}/silences/${made.id}` })
    },
  ),

  'GET /v1/venues/{venueId}/silences/{silenceId}': route(
    { access: 'viewer', summary: 'One silence', response: Silence },
    ({ venueId, params }) => findSilence(venueId, params.silenceId ?? ''),
  ),

  'DELETE /v1/venues/{venueId}/silences/{silenceId}': route(
    {
      access: 'manager',
      summary: 'End a silence',
      response: z.undefined(),
      status: 204,
      refuses: ['conflict'],
      description:
        'It ends now and stays in the list; one that has not begun is deleted, one that is over is refused.',
    },
    async ({ venueId, params }) => {
      await removeSilence(venueId, params.silenceId ?? '')
      return new Answer(204, undefined)
    },
  ),
}

export const handler = http(routes, once)
