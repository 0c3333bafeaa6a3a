import * as z from 'zod'
import { eachVenue } from '../operations/each-venue.ts'
import { persist } from '../operations/persist.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { turns } from '../turns.ts'
import { tickVenue } from './tick.ts'

const Body = z.object({ venueId: z.string().min(1), tick: z.iso.datetime() })

// When the queue brings a message again, a later tick has been taken, and this one would be lost.
const patience = { pauseMs: 1000, forMs: 20_000 }

// As many as have a connection: a question that waits for one is not slow.
const inTurn = turns(2)

/** Evaluates the alerts of the venues that a batch names. */
export const evaluateAlerts = (messages: Message[]): Promise<BatchOutcome> =>
  eachVenue(messages, Body, ({ venueId, tick }) =>
    inTurn(() => persist(() => tickVenue(venueId, new Date(tick)), patience)),
  )
