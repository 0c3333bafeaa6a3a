import { hash } from 'node:crypto'
import type { JsonObject } from '../events/json.ts'
import type { TicketingEvent } from '../events/registry.ts'
import { type Contents, cartIdOf, type Touch } from './cart.ts'

/** How long a cart is left alone before it is abandoned. */
export const idleMs = 30 * 60_000

/** A cart that nobody touched for half an hour, and what is known of it. */
export type IdleCart = {
  cartKey: string
  testMode: boolean
  /** Epoch ms. */
  touchedAt: number
  touch: Touch
  /** The event that told the contents; '' and null while only a checkout is known. */
  contentsBy: string
  contents: Contents | null
  /** An order of the same visit or cart came after the contents. */
  isPaid: boolean
  /** The abandonment of this last touch was sent before. */
  isSent: boolean
}

const prefix = 'turnout:cart-abandoned:'

/** Whether the abandonment of this id was found by us, not told by the platform. */
export const isOurs = (eventId: string): boolean => eventId.startsWith(prefix)

/** Whether somebody left goods in the cart and no order took them. */
export const isAbandoned = ({ contents, isPaid, isSent }: IdleCart): boolean =>
  contents !== null && !contents.isEmpty && !isPaid && !isSent

/**
 * The event that tells of an abandoned cart, booked half an hour after its last touch. Its id is made
 * of cart and touch: however often it is sent, it counts once.
 */
export function abandonmentOf(venueId: string, cart: IdleCart): JsonObject {
  const { cartKey, testMode, touchedAt, touch, contents } = cart
  const told = JSON.stringify([venueId, testMode, cartKey, touchedAt])
  const at = new Date(touchedAt + idleMs).toISOString()
  const sessionId = contents?.sessionId ?? touch.sessionId
  const show = given({ event_id: contents?.show, session_id: contents?.showSession })
  return {
    event_id: `${prefix}${hash('sha256', told).slice(0, 32)}`,
    type: 'cart.abandoned',
    version: 1,
    venue_id: venueId,
    occurred_at: at,
    ...given({ source: contents?.source }),
    ...(show.event_id && { event_ref: show }),
    ...(sessionId && { actor: { session_id: sessionId } }),
    ...(contents?.channel && { context: { channel: contents.channel } }),
    test_mode: testMode,
    data: {
      ...given({
        cart_id: cartIdOf(cartKey),
        value_minor: contents?.valueMinor,
        currency: contents?.currency,
        last_step: touch.lastStep,
      }),
      abandoned_at: at,
      recovered: false,
    },
  }
}

function given(fields: Record<string, string | number | null | undefined>): JsonObject {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== undefined,
  )
  return Object.fromEntries(entries) as JsonObject
}

/** Whether the platform itself tells of abandoned carts: then the sweep is not needed. */
export const isForeignAbandonment = ({ type, event_id, test_mode }: TicketingEvent): boolean =>
  type === 'cart.abandoned' && !test_mode && !isOurs(event_id)
