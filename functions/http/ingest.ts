import { PostedEvents, PostedLines } from '../../lib/events/posted.ts'
import { Received, receive } from '../../lib/events/receive.ts'
import { http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'

const routes = {
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
    ({ caller, sent, onceId, now }) => receive(caller, sent, onceId, now),
  ),
}

export const handler = http(routes, once)
