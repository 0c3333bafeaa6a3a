import { createHash, randomBytes } from 'node:crypto'
import * as z from 'zod'
import type { Caller } from '../access/grants.ts'
import { withoutTenant } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { insertTicket, takeTicket } from './store.ts'

const ticketSeconds = 60

export const Ticket = z
  .object({
    ticket: z.string(),
    expiresAt: z.string(),
    url: z.string().meta({ description: 'Where to connect, with `?ticket=` and the ticket' }),
  })
  .meta({
    id: 'Ticket',
    examples: [
      {
        ticket: 'kJ2u6zW3nX0sYb8fQ1tLxg4HcD5vR7eAoP9mNiKqTjU',
        expiresAt: '2026-06-01T16:01:00.000Z',
        url: 'wss://sockets.example',
      },
    ],
  })
export type Ticket = z.infer<typeof Ticket>

/** A ticket with which the caller connects once, within a minute. */
export async function issueTicket(caller: Caller): Promise<Ticket> {
  if (Object.keys(caller.venues).length === 0) {
    throw new Refusal('forbidden', 'This needs a token that names a venue')
  }
  const ticket = randomBytes(32).toString('base64url')
  const kept = { digest: digestOf(ticket), caller, seconds: ticketSeconds }
  const { expiresAt } = await withoutTenant((tx) => insertTicket(tx, kept))
  return { ticket, expiresAt, url: config('sockets').WEBSOCKET_ENDPOINT.replace(/^http/, 'ws') }
}

/** Whose ticket it is; undefined for one that is not good any more. A ticket is good once. */
export const callerOfTicket = (ticket: string): Promise<Caller | undefined> =>
  withoutTenant((tx) => takeTicket(tx, digestOf(ticket)))

const digestOf = (ticket: string): string => createHash('sha256').update(ticket).digest('hex')
