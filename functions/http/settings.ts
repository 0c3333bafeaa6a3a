import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import {
  changeSettings,
  NewSettings,
  type Revised,
  readSettings,
  SettingsAnswer,
} from '../../lib/venues/change.ts'

const etagOfRevision = (revision: number): string => `"settings-${revision}"`

const answerOf = ({ settings, revision }: Revised): Answer =>
  new Answer(200, settings, { etag: etagOfRevision(revision) })

const routes = {
  'GET /v1/venues/{venueId}/settings': route(
    { access: 'viewer', summary: 'How the venue counts', response: SettingsAnswer },
    async ({ venueId }) => answerOf(await readSettings(venueId)),
  ),

  'PUT /v1/venues/{venueId}/settings': route(
    {
      access: 'manager',
      summary: 'Change how the venue counts',
      description:
        'Where days begin otherwise than before, the days of all history are made anew; answers are right meanwhile.',
      body: NewSettings,
      response: SettingsAnswer,
    },
    async ({ venueId, caller, body, ifMatch }) => {
      const isCurrent = (revision: number) => matches(ifMatch, etagOfRevision(revision))
      return answerOf(await changeSettings(venueId, caller.userId, body, isCurrent))
    },
  ),
}

export const handler = http(routes, once)
