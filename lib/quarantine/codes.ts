import { refusalCodes } from '../events/json.ts'

/** Why an event is in quarantine: what the door says, or the count. */
export const quarantineCodes = [...refusalCodes, 'conflicting_payload', 'refused_by_store'] as const

/** Codes of what no replay can count, each with what to do instead. */
export const finalCodes: Partial<Record<(typeof quarantineCodes)[number], string>> = {
  conflicting_payload: 'An event of this id with another payload is counted already.',
  not_json: 'The message is not JSON: send it again in a form that is.',
  not_an_event: 'The message is no event: send it again as one.',
  too_many_events: 'The message has too many events: send them again in smaller arrays.',
  too_large: 'The event is larger than the queue takes: send it again with less in it.',
}

/** What the queue takes in one message, bytes. */
export const mostReplayBytes = 250_000
