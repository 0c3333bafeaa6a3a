import * as z from 'zod'
import {
  MuteWindow,
  MuteWindowChange,
  MuteWindowPage,
  NewMuteWindow,
} from '../../lib/alerts/mute-window-schema.ts'
import type { Revised } from '../../lib/alerts/mute-window-store.ts'
import {
  addMuteWindow,
  changeMuteWindow,
  findMuteWindow,
  pageOfMuteWindows,
  removeMuteWindow,
} from '../../lib/alerts/mute-windows.ts'
import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { pageFields } from '../../lib/paging.ts'

const etagOf = (id: string, revision: number): string => `"mute-window-${id}-${revision}"`
const answerOf = ({ muteWindow, revision }: Revised, more = {}, status = 200): Answer =>
  new Answer(status, muteWindow, { etag: etagOf(muteWindow.id, revision), ...more })

const routes = {
  'GET /v1/venues/{venueId}/mute-windows': route(
    {
      access: 'viewer',
      summary: 'Hours in which nobody is told, the latest first',
      query: z.strictObject(pageFields),
      response: MuteWindowPage,
    },
    ({ venueId, query }) => pageOfMuteWindows(venueId, query),
  ),

  'POST /v1/venues/{venueId}/mute-windows': route(
    {
      access: 'manager',
      summary: 'Have nobody told in hours that come again',
      body: NewMuteWindow,
      response: MuteWindow,
      status: 201,
      refuses: ['unprocessable'],
      description:
        'By the clocks of the venue or of `tz`; where `to` is not after `from` it is of the next day. What still fires at their end is told then. At most 100 for a venue.',
    },
    async ({ venueId, caller, body: wish, onceId }) => {
      const made = await addMuteWindow(venueId, { userId: caller.userId, wish, onceId })
      const location = `/v1/venues/${venueId}/mute-windows/${made.muteWindow.id}`
      return answerOf(made, { location }, 201)
    },
  ),

  'GET /v1/venues/{venueId}/mute-windows/{muteWindowId}': route(
    { access: 'viewer', summary: 'One mute window', response: MuteWindow },
    async ({ venueId, params }) =>
      answerOf(await findMuteWindow(venueId, params.muteWindowId ?? '')),
  ),

  'PATCH /v1/venues/{venueId}/mute-windows/{muteWindowId}': route(
    {
      access: 'manager',
      summary: 'Change a mute window',
      body: MuteWindowChange,
      response: MuteWindow,
      refuses: ['unprocessable'],
      description: 'What is left out stays.',
    },
    async ({ venueId, params, body, ifMatch }) => {
      const isCurrent = (id: string, revision: number) => matches(ifMatch, etagOf(id, revision))
      const id = params.muteWindowId ?? ''
      return answerOf(await changeMuteWindow(venueId, id, body, isCurrent))
    },
  ),

  'DELETE /v1/venues/{venueId}/mute-windows/{muteWindowId}': route(
    {
      access: 'manager',
      summary: 'Delete a mute window',
      response: z.undefined(),
      status: 204,
      description: 'What it held back and still fires is told.',
    },
    async ({ venueId, params }) => {
      await removeMuteWindow(venueId, params.muteWindowId ?? '')
      return new Answer(204, undefined)
    },
  ),
}

export const handler = http(routes, once)
