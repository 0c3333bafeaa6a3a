import type { JsonObject } from '../../lib/events/json.ts'
import { eventOf, isoOf, minuteMs } from './event.ts'
import type { House } from './house.ts'
import type { Order } from './order.ts'

// Of ten carts seven are left behind (Baymard Institute's mean of 50 studies: 70.2 %), and of those
// who only look there are as many again. Four in ten visitors agree to be counted: an assumption.
const leftCarts = 7 / 3
const lookers = 2.2
const countedShare = 0.4
const fromSearch = 0.16
const fromCampaign = 0.2
const holdMs = 15 * minuteMs

type Visit = { house: House; id: string; at: number; actor: JsonObject; context: JsonObject }

/** The way of an order through the shop window, ending at the payment. */
export function planPurchase(house: House, order: Order, cameAt: number) {
  if (order.channel !== 'online' || !house.chance.isHit(countedShare)) return
  const visit = arrive(house, cameAt, order.customer)
  const step = (order.at - cameAt) / 6
  const cart = fillCart(visit, cameAt + step, order)
  const checkout = { checkout_id: `${visit.id}-checkout`, cart_id: cart }
  tell(visit, 'checkout.started', cameAt + 2 * step, checkout)
  tell(visit, 'checkout.step', cameAt + 3 * step, { ...checkout, step: 'seats' })
  if (house.chance.isHit(0.06)) {
    const declined = { step: 'payment', method: 'card', failure_code: 'declined' }
    tell(visit, 'checkout.failed', cameAt + 4 * step, { ...checkout, ...declined })
  }
  tell(visit, 'checkout.step', cameAt + 5 * step, { ...checkout, step: 'payment', method: 'card' })
}

/** How many visits come to nothing for each order of any channel. */
export const idleVisits = (leftCarts + lookers) * countedShare * 0.62

/** Somebody who does not buy. */
export function planIdleVisit(house: House, cameAt: number) {
  const { chance } = house
  const visit = arrive(house, cameAt, undefined)
  if (!chance.isHit(leftCarts / (leftCarts + lookers))) {
    if (chance.isHit(0.08)) tell(visit, 'user.action', cameAt + minuteMs, favourite(house))
    return
  }
  const cart = fillCart(visit, cameAt + minuteMs, undefined)
  const isCheckout = chance.isHit(0.35)
  if (isCheckout) {
    const data = { checkout_id: `${visit.id}-checkout`, cart_id: cart }
    tell(visit, 'checkout.started', cameAt + 2 * minuteMs, data)
  }
  const at = cameAt + minuteMs + holdMs
  tell(visit, 'cart.abandoned', at, {
    cart_id: cart,
    currency: house.performance.currency,
    last_step: isCheckout ? 'seats' : 'cart',
    abandoned_at: isoOf(at),
    recovered: false,
  })
}

function arrive(house: House, at: number, customer: string | undefined): Visit {
  const { chance, performance } = house
  house.visits += 1
  const id = `v${house.visits}`
  const visitor = `${performance.key}-${id}`
  const actor = {
    anonymous_id: visitor,
    session_id: `${visitor}-session`,
    ...(customer !== undefined && { customer_id: customer }),
  }
  const medium = chance.weighed({ email: 5, social: 3, search: 2 })
  const utm = { source: sources[medium], medium, campaign: `${performance.showId}-${medium}` }
  const isTouched = chance.isHit(fromCampaign)
  const context = { channel: 'online', ...(isTouched && { utm }) }
  const visit = { house, id: visitor, at, actor, context }
  if (isTouched) {
    const click = { touch_id: `${visitor}-touch`, channel: medium, campaign_id: utm.campaign }
    const cost_minor = medium === 'email' ? 1 : 45
    const spent = { kind: 'click', cost_minor, currency: performance.currency }
    tell(visit, 'campaign.touch', at, { ...click, ...spent })
  }
  if (chance.isHit(fromSearch)) {
    const found = { query: performance.name.toLowerCase(), results_count: chance.between(1, 4) }
    tell(visit, 'search.performed', at, { ...found, event_ids_shown: [performance.showId] })
  }
  tell(visit, 'page.viewed', at + 5000, {
    page_id: performance.showId,
    url_path: `/shows/${performance.showId}`,
    page_type: 'event',
    title: performance.name,
    duration_ms: chance.between(4, 90) * 1000,
  })
  return visit
}

const sources = { email: 'newsletter', social: 'instagram', search: 'google' } as const

function fillCart(visit: Visit, at: number, order: Order | undefined): string {
  const { performance, chance } = visit.house
  const cart = `${visit.id}-cart`
  const lines = order?.lines ?? [
    { type: chance.pick(performance.ticketTypes), quantity: chance.between(1, 4) },
  ]
  tell(visit, 'cart.updated', at, {
    cart_id: cart,
    items: lines.map(({ type, quantity }) => ({
      ticket_type_id: type.id,
      quantity,
      unit_price_minor: type.price,
    })),
    value_minor: lines.reduce((sum, { type, quantity }) => sum + type.price * quantity, 0),
    currency: performance.currency,
    hold_expires_at: isoOf(at + holdMs),
  })
  return cart
}

const favourite = ({ performance }: House) => ({
  name: 'favourite_added',
  properties: { show: performance.showId },
})

function tell(visit: Visit, type: string, moment: number, data: JsonObject) {
  const { house, actor, context } = visit
  const at = Math.floor(moment)
  const id = `${visit.id.slice(house.performance.key.length + 1)}-${type}-${at}`
  house.agenda.add(at, () =>
    eventOf(house.performance, type, id, { at, source: 'web', actor, context }, data),
  )
}
