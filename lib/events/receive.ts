import { gunzipSync } from 'node:zlib'
import * as z from 'zod'
import { type Caller, holds } from '../access/grants.ts'
import { config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { log } from '../log.ts'
import { type OpenOptions, openEvent } from './door.ts'
import type { JsonObject } from './json.ts'
import { enqueue } from './queue.ts'

const maxEvents = 500
const maxBytes = 1_048_576

export const Received = z
  .object({
    accepted: z.int().meta({ description: 'Durably in the queue' }),
    rejected: z.array(
      z.object({
        index: z.int().meta({ description: 'Of the item in the list, from 0' }),
        eventId: z.string().optional(),
        code: z.string(),
        path: z.string(),
        message: z.string(),
      }),
    ),
  })
  .meta({
    id: 'Received',
    examples: [
      {
        accepted: 1,
        rejected: [
          {
            index: 1,
            eventId: 'scan-2',
            code: 'invalid',
            path: 'data.result',
            message: 'data.result must be one of ok, error',
          },
        ],
      },
    ],
  })
export type Received = z.infer<typeof Received>

export type Posted = { bytes: Buffer; contentType: string; encoding: string; requestId: string }

/**
 * Events posted over HTTP: each is opened at once and told if it is wrong; what is good is durably
 * in the queue, without people in it, when this returns. Throws the refusals of the contract.
 */
export async function receive(caller: Caller, posted: Posted, now: Date): Promise<Received> {
  const maySend = (venueId: string) =>
    caller.ingestVenue === venueId || holds(caller, venueId, 'manager')
  if (!caller.ingestVenue && !Object.keys(caller.venues).some(maySend)) {
    throw new Refusal('forbidden', 'This needs a write key or the role manager in a venue')
  }
  const values = valuesOf(posted)
  const rejected: Received['rejected'] = []
  const accepted: JsonObject[] = []
  const options: OpenOptions = {
    messageId: '',
    now,
    secret: config('privacy').PSEUDONYM_SECRET,
  }
  values.forEach((value, index) => {
    const messageId = `${posted.requestId}:${index}`
    const one = openEvent(value, { ...options, messageId, index })
    const venueId = one.ok ? one.event.venue_id : one.venueId
    const allowed = venueId === undefined ? true : maySend(venueId)
    if (!allowed) {
      const eventId = one.ok ? one.event.event_id : one.eventId
      rejected.push({ index, eventId, ...noVenue(allowed) })
    } else if (one.ok) accepted.push(one.raw)
    else {
      const { eventId, code, path, message } = one
      rejected.push({ index, eventId, code, path, message })
    }
  })
  if (accepted.length > 0) await enqueue(accepted)
  log('info', 'posted', { accepted: accepted.length, rejected: rejected.length }, ['rejected'])
  return { accepted: accepted.length, rejected }
}

const noVenue = (allowed: boolean | undefined) =>
  allowed === undefined
    ? { code: 'not_found', path: 'venue_id', message: 'There is no such venue.' }
    : { code: 'forbidden', path: 'venue_id', message: 'This needs the role manager in the venue.' }

function valuesOf(posted: Posted): unknown[] {
  const bytes = unpacked(posted)
  if (bytes.length > maxBytes) throw tooLarge('1 MB')
  const text = decoded(bytes)
  const values = posted.contentType === 'application/x-ndjson' ? lines(text) : array(text)
  if (values.length > maxEvents) throw tooLarge(`${maxEvents} events`)
  return values
}

function unpacked({ bytes, encoding }: Posted): Buffer {
  if (encoding === '' || encoding === 'identity') return bytes
  if (encoding !== 'gzip') {
    throw new Refusal('unsupported_media_type', 'Content-Encoding must be gzip or absent')
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes + 1 })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge('1 MB unpacked')
    throw new Refusal('bad_request', 'The body is not gzip')
  }
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal('bad_request', 'The body is not UTF-8')
  }
}

function array(text: string): unknown[] {
  const value = parsed(text)
  if (!Array.isArray(value)) throw new Refusal('bad_request', 'The body must be a JSON array')
  return value
}

// A line that is not JSON is one bad event, not a bad request.
const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parsed(line) ?? line)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const tooLarge = (what: string): Refusal =>
  new Refusal('too_large', `A request may hold at most 500 events and 1 MB; this is over ${what}`)
