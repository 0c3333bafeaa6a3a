import { Refusal } from '../../lib/errors.ts'
import { Received, receive } from '../../lib/events/receive.ts'
import { headerOf } from '../../lib/headers.ts'
import { bodyBytes, http, route } from '../../lib/http.ts'

export const handler = http({
  'POST /v1/ingest/events': route(
    { access: 'token', summary: 'Send events', response: Received, status: 202 },
    ({ caller, raw, now }) => {
      const contentType =
        headerOf(raw.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
      if (!['application/json', 'application/x-ndjson'].includes(contentType)) {
        throw new Refusal(
          'unsupported_media_type',
          'Content-Type must be application/json or application/x-ndjson',
        )
      }
      const encoding = headerOf(raw.headers, 'content-encoding')?.trim().toLowerCase() ?? ''
      const { requestId } = raw.requestContext
      return receive(caller, { bytes: bodyBytes(raw), contentType, encoding, requestId }, now)
    },
  ),
})
