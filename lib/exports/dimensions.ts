import type { Dimension } from '../ledger/entry.ts'
import { type Column, day, text } from './catalogue.ts'

const told: Record<Dimension, string> = {
  event: 'The show, by the platform’s id.',
  session: 'The session of the show, by the platform’s id.',
  ticket_type: 'The type of the ticket, by the platform’s id.',
  channel: 'Where it was sold: online, box_office, phone, outlet, partner, api.',
  currency: 'The code of the currency (ISO 4217) of the money in this row.',
  promo_code: 'The code that the order was paid with.',
  gate: 'The gate of the scan, by the platform’s id.',
  scan_reason: 'Why the scan was refused, as the scanner said.',
  source: 'Which system told it: checkout, box_office, scanner, web, app, import, resale.',
}

/** A column of a dimension; empty where the event named none. */
export const dimensionColumn = (name: Dimension): Column => text(name, told[name])

/** The business day, by the clock of the file and the venue's start of the day. */
export const dayColumn = day('day', 'The business day on which it happened.')

/** Of the row that is written, not of a group. */
export const messageColumn = text('event_id', 'The id of the event that told it.')
export const orderColumn = text('order_id', 'The order, by the platform’s id.')
export const customerColumn = text(
  'customer_ref',
  'The pseudonym of the buyer at this venue; empty where none was named.',
)
export const testColumn = text(
  'test_mode',
  'true for a rehearsal; only where those were asked for.',
)
