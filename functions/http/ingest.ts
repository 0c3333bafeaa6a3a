import { Refusal } from '../../lib/errors.ts'
import { PostedEvents, PostedLines } from '../../lib/events/posted.ts'
import { Received, receive } from '../../lib/events/receive.ts'
import { headerOf } from '../../lib/headers.ts'
import { bodyBytes, http, route } from '../../lib/http.ts'

export const handler = http({
  'POST /v1/ingest/events': route(
    {
      access: 'token',
      summary: 'Send events',
      description:
        'A list of up to 500 events and 1 MB, also as one event a line; `Content-Encoding: gzip` is understood. Accepted means durably queued: they are counted a moment later. What is wrong with one event is told in `rejected` and keeps no other from being taken. Needs a write key, or the role `manager` in each venue that is written to.',
      response: Received,
      status: 202,
      reads: { 'application/json': PostedEvents, 'application/x-ndjson': PostedLines },
      refuses: ['forbidden'],
    },
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
