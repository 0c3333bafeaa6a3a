import { Refusal } from '../../lib/errors.ts'
import { Answer, http, matches, route } from '../../lib/http.ts'
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

export const handler = http({
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
      if (!ifMatch) throw new Refusal('precondition_required', 'If-Match must name the ETag read')
      const isCurrent = (revision: number) => matches(ifMatch, etagOfRevision(revision))
      return answerOf(await changeSettings(venueId, caller.userId, body, isCurrent))
    },
  ),
})
