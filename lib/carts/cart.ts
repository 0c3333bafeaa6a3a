import type { EventOf, TicketingEvent } from '../events/registry.ts'
import { instantOf } from '../events/timestamp.ts'

type Told = { at: number; by: string }

/** The last event that touched a cart. */
export type Touch = { sessionId: string | null; lastStep: string | null }

/** What the last cart.updated told of a cart; nothing of who filled it but the visit. */
export type Contents = {
  isEmpty: boolean
  sessionId: string | null
  /** How many tickets are held for it, and until when (ISO). */
  tickets: number
  holdEndsAt: string | null
  valueMinor: number | null
  currency: string | null
  show: string | null
  showSession: string | null
  channel: string | null
  source: string | null
}

/** All that a batch tells of a cart: of each register what was told last, by event time. */
export type CartNews = {
  cartKey: string
  testMode: boolean
  touched: Told & { touch: Touch }
  updated: (Told & { contents: Contents }) | null
}

type CartEvent = Extract<
  TicketingEvent,
  { type: 'cart.updated' | 'checkout.started' | 'checkout.step' | 'checkout.failed' }
>

/** What events tell of carts, one item for each cart; nothing for those in which no cart is named. */
export function cartNewsOf(events: TicketingEvent[]): CartNews[] {
  const carts = new Map<string, CartNews>()
  for (const event of events) {
    const cartKey = isCartEvent(event) && cartKeyOf(event)
    if (!cartKey) continue
    const one = newsOf(event, cartKey)
    const id = `${event.test_mode} ${cartKey}`
    const known = carts.get(id)
    if (!known) {
      carts.set(id, one)
      continue
    }
    if (isLater(one.touched, known.touched)) known.touched = one.touched
    if (one.updated && (!known.updated || isLater(one.updated, known.updated))) {
      known.updated = one.updated
    }
  }
  return [...carts.values()]
}

/** The cart's own id in its key; null where the platform names no cart, only the visit. */
export const cartIdOf = (cartKey: string): string | null =>
  cartKey.startsWith(named) ? cartKey.slice(named.length) : null

const named = 'cart:'

const isLater = (left: Told, right: Told): boolean =>
  left.at > right.at || (left.at === right.at && left.by > right.by)

const isCartEvent = (event: TicketingEvent): event is CartEvent =>
  event.type === 'cart.updated' || event.type.startsWith('checkout.')

// A checkout that names no cart belongs to any of the visit's, or to none.
function cartKeyOf({ type, data, actor }: CartEvent): string | null {
  if (data.cart_id) return `${named}${data.cart_id}`
  return type === 'cart.updated' && actor?.session_id ? `session:${actor.session_id}` : null
}

function newsOf(event: CartEvent, cartKey: string): CartNews {
  const told = { at: event.occurredAt.getTime(), by: event.event_id }
  const sessionId = event.actor?.session_id ?? null
  const lastStep = 'step' in event.data ? (event.data.step ?? null) : null
  return {
    cartKey,
    testMode: event.test_mode,
    touched: { ...told, touch: { sessionId, lastStep } },
    updated: event.type === 'cart.updated' ? { ...told, contents: contentsOf(event) } : null,
  }
}

const contentsOf = ({ data, actor, event_ref: show, ...event }: EventOf<'cart.updated'>) => ({
  isEmpty: data.items?.every(({ quantity }) => quantity === 0) ?? false,
  sessionId: actor?.session_id ?? null,
  tickets: data.items?.reduce((sum, { quantity }) => sum + (quantity ?? 0), 0) ?? 0,
  holdEndsAt: instantOf(data.hold_expires_at ?? '')?.toISOString() ?? null,
  valueMinor: data.value_minor ?? null,
  currency: data.currency ?? null,
  show: show?.event_id ?? null,
  showSession: show?.session_id ?? null,
  channel: event.context?.channel ?? null,
  source: event.source ?? null,
})
