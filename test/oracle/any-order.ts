import fc from 'fast-check'
import type { Sent } from '../support/events.ts'
import type { Told } from './any-history.ts'

/** One delivery of an event: when, and with what came before it. */
export type Arrival = { when: number; how: 'in the array' | 'alone' | 'next batch' | 'at once' }

/** What is handed over together: batches at once, each of messages, each of one event or an array. */
export type Round = { batches: Sent[][][]; events: Sent[] }

/** A venue's events and the rounds in which they arrive; prints as lines that a person can read. */
export type History = { events: Sent[]; rounds: Round[] }

/** One to four deliveries; of those that arrive one after the other some share an array or a batch. */
export const anyArrivals: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({
    when: fc.nat({ max: 999 }),
    how: fc.oneof(
      { weight: 14, arbitrary: fc.constant('in the array' as const) },
      { weight: 7, arbitrary: fc.constant('alone' as const) },
      { weight: 1, arbitrary: fc.constant('next batch' as const) },
      { weight: 1, arbitrary: fc.constant('at once' as const) },
    ),
  }),
  { minLength: 1, maxLength: 4 },
)

/** The history of a venue. What is delivered again differs in nothing that counts. */
export function historyOf(told: Told[]): History {
  const sent = told.map(({ arrivals, ...event }, i) => ({
    arrivals,
    event: JSON.parse(JSON.stringify({ event_id: `e${i + 1}`, version: 1, ...event })) as Sent,
  }))
  const deliveries = sent
    .flatMap(({ event, arrivals }) => arrivals.map((arrival) => ({ event, ...arrival })))
    .sort((a, b) => a.when - b.when)
  const seen = new Set<string>()
  const rounds: Round[] = []
  for (const { event, how } of deliveries) {
    let round = rounds.at(-1)
    if (!round || how === 'next batch') {
      round = { batches: [[[]]], events: [] }
      rounds.push(round)
    }
    if (how === 'at once') round.batches.push([[]])
    const batch = round.batches.at(-1) as Sent[][]
    if (how === 'alone') batch.push([])
    const isAgain = seen.has(event.event_id)
    batch.at(-1)?.push(isAgain ? { ...event, trace_id: 'again' } : event)
    if (!isAgain) round.events.push(event)
    seen.add(event.event_id)
  }
  const history = { events: sent.map(({ event }) => event), rounds }
  return Object.assign(history, { [fc.toStringMethod]: () => written(history) })
}

/** The same arrivals, message by message: a round for each. */
export function oneByOne({ rounds }: History): Round[] {
  const known = new Set<string>()
  const isNew = ({ event_id }: Sent): boolean => {
    const isFirst = !known.has(event_id)
    known.add(event_id)
    return isFirst
  }
  return rounds
    .flatMap(({ batches }) => batches.flat())
    .filter(isFull)
    .map((message) => ({ batches: [[message]], events: message.filter(isNew) }))
}

/** The messages of a batch to a venue: an event that is alone comes without an array. */
export const bodiesOf = (venueId: string, batch: Sent[][]): unknown[] =>
  batch
    .filter(isFull)
    .map((message) => message.map((event) => ({ ...event, venue_id: venueId })))
    .map((message) => (message.length === 1 ? message[0] : message))

function written({ events, rounds }: History): string {
  const lines = events.map(({ event_id, type, occurred_at, version: _, ...rest }) =>
    [event_id, type, occurred_at, JSON.stringify(rest)].join(' '),
  )
  const batches = rounds.map(({ batches }) =>
    batches
      .map((batch) => `{ ${batch.filter(isFull).map(idsOf).join(' ')} }`)
      .join(' at once with '),
  )
  return ['', ...lines, ...batches.map((text, i) => `round ${i + 1}: ${text}`), ''].join('\n')
}

const isFull = (message: Sent[]): boolean => message.length > 0
const idsOf = (message: Sent[]): string => `[${message.map(({ event_id }) => event_id).join(' ')}]`
