import * as z from 'zod'
import { type Caller, holds } from '../access/grants.ts'
import { type Body, jsonOf } from '../body.ts'
import { config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { keyFaults } from '../json-text.ts'
import { log } from '../log.ts'
import { type OpenOptions, openEvent } from './door.ts'
import type { JsonObject } from './json.ts'
import { enqueue } from './queue.ts'

const maxEvents = 500

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

/** An item of a body, and what is wrong with its keys. */
type Item = { value: unknown; fault?: { path: string; message: string } }

/**
 * Events posted over HTTP: each is opened at once and told if it is wrong; what is good is durably
 * in the queue, without people in it, when this returns. `onceId` names events that have no id of
 * their own. Throws the refusals of the contract.
 */
export async function receive(
  caller: Caller,
  sent: Body,
  onceId: string,
  now: Date,
): Promise<Received> {
  const maySend = (venueId: string) =>
    caller.ingestVenue === venueId || holds(caller, venueId, 'manager')
  if (!caller.ingestVenue && !Object.keys(caller.venues).some(maySend)) {
    throw new Refusal('forbidden', 'This needs a write key or the role manager in a venue')
  }
  const items = itemsOf(sent)
  const rejected: Received['rejected'] = []
  const accepted: JsonObject[] = []
  const options: OpenOptions = {
    messageId: '',
    now,
    secret: config('privacy').PSEUDONYM_SECRET,
  }
  items.forEach(({ value, fault }, index) => {
    const messageId = `${onceId}:${index}`
    const one = openEvent(value, { ...options, messageId, index })
    const venueId = one.ok ? one.event.venue_id : one.venueId
    const allowed = venueId === undefined ? true : maySend(venueId)
    if (!allowed) {
      const eventId = one.ok ? one.event.event_id : one.eventId
      rejected.push({ index, eventId, ...noVenue(allowed) })
    } else if (fault) {
      const eventId = one.ok ? one.event.event_id : one.eventId
      rejected.push({ index, eventId, code: 'invalid', ...fault })
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

function itemsOf({ text, mediaType }: Body): Item[] {
  const items = mediaType === 'application/x-ndjson' ? lines(text) : array(text)
  if (items.length > maxEvents) {
    throw new Refusal('too_large', `A request may hold at most ${maxEvents} events`)
  }
  return items
}

function array(text: string): Item[] {
  const values = jsonOf(text)
  if (!Array.isArray(values)) throw new Refusal('bad_request', 'The body must be a JSON array')
  const items: Item[] = values.map((value) => ({ value }))
  for (const { path, message } of keyFaults(text)) {
    const [index, ...rest] = path
    const item = items[Number(index)]
    if (item) item.fault = { path: rest.join('.'), message }
  }
  return items
}

// A line that is not JSON is one bad event, not a bad request.
const lines = (text: string): Item[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const value = jsonOf(line)
      if (value === undefined) return { value: line }
      const [fault] = keyFaults(line)
      return {
        value,
        ...(fault && { fault: { path: fault.path.join('.'), message: fault.message } }),
      }
    })
