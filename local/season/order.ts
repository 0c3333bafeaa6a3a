import { dayMs, eventOf, type SeasonEvent } from './event.ts'
import { type House, reserve, settle } from './house.ts'
import type { TicketType } from './programme.ts'

export type Line = {
  type: TicketType
  quantity: number
  /** What the promo code takes off the whole line, minor units. */
  discount: number
  isComp: boolean
  ticketIds: string[]
}
export type Order = {
  id: string
  at: number
  channel: Channel
  customer?: string
  lines: Line[]
  promo?: string
}
export type Channel = keyof typeof channels

// Most tickets are bought at home, the box office has the second share: an assumption.
const channels = { online: 62, box_office: 17, phone: 7, partner: 8, outlet: 5, api: 1 }
const groupSizes = { 1: 22, 2: 48, 3: 10, 4: 14, 5: 3, 6: 3 }
/** Tickets in an order, on average: what the sizes above say. */
export const meanGroup = 2.37
const typeWeights = { stalls: 55, balcony: 33, student: 12 }

// Inside the price; New York's sales tax, for one.
const taxPercent = 8.875
const feeMinor = 275
const promos = [
  { code: 'EARLY', percent: 15, share: 0.35, from: 0, to: 7 },
  { code: 'FRIENDS', percent: 10, share: 0.06, from: 7, to: 1000 },
] as const

/** Somebody buys at this moment; undefined when there are no seats of the wanted kind. */
export function drawOrder(house: House, at: number): Order | undefined {
  const { chance, performance } = house
  const channel = chance.weighed(channels)
  const isComp = channel === 'box_office' && chance.isHit(0.12)
  const promo = isComp ? undefined : promoAt(house, at)
  house.orders += 1
  const id = `${performance.key}-o${house.orders}`
  const lines: Line[] = []
  const typeIds = [chance.weighed(typeWeights)]
  const second = chance.weighed(typeWeights)
  if (!isComp && second !== typeIds[0] && chance.isHit(0.2)) typeIds.push(second)
  for (const typeId of typeIds) {
    const wanted = isComp ? 2 : Number(chance.weighed(groupSizes))
    const quantity = reserve(house, typeId, wanted)
    const type = performance.ticketTypes.find((each) => each.id === typeId)
    if (!type || quantity === 0) continue
    const discount = promo ? Math.round((type.price * quantity * promo.percent) / 100) : 0
    const ticketIds = Array.from({ length: quantity }, (_, n) => `${id}-${typeId}-${n + 1}`)
    lines.push({ type, quantity, discount, isComp, ticketIds })
  }
  if (lines.length === 0) return undefined
  // Regulars come again: a third of the buyers are of a hundred, and guests at the counter have no account.
  const regular = chance.isHit(0.35) ? `customer-${chance.below(100)}` : `customer-${id}`
  const isKnown = channel !== 'box_office' || chance.isHit(0.3)
  const told = { id, at, channel, lines, ...(promo && { promo: promo.code }) }
  return isKnown ? { ...told, customer: regular } : told
}

/** The payment. From here on the seats are sold. */
export function paid(house: House, order: Order): SeasonEvent {
  const { performance } = house
  for (const { type, quantity: sold, isComp } of order.lines) {
    settle(house, { typeId: type.id, sold, isComp, at: order.at })
  }
  const isFree = order.lines.every(({ isComp }) => isComp)
  return eventOf(performance, 'order.paid', `${idIn(order)}-paid`, toldBy(order, order.at), {
    order_id: order.id,
    currency: performance.currency,
    items: order.lines.map((line) => itemOf(line, order.channel)),
    ...(order.promo && { promo_code: order.promo }),
    payment_method: isFree ? 'none' : order.channel === 'box_office' ? 'terminal' : 'card',
  })
}

/** What a line costs the buyer, fees aside; minor units. */
export const amountOf = ({ type, quantity, discount, isComp }: Line): number =>
  isComp ? 0 : type.price * quantity - discount

/** The order's id within its performance. */
export const idIn = ({ id }: Order): string => id.slice(id.lastIndexOf('-') + 1)

/** Where and by whom something happens to an order. */
export function toldBy({ channel, customer }: Order, at: number) {
  const source = channel === 'box_office' ? 'box_office' : 'checkout'
  const actor = customer === undefined ? {} : { actor: { customer_id: customer } }
  return { at, source, context: { channel }, ...actor }
}

function itemOf(line: Line, channel: Channel) {
  const { type, quantity, discount, isComp, ticketIds } = line
  const tax = Math.round((amountOf(line) * taxPercent) / (100 + taxPercent))
  const hasFee = channel === 'online' && !isComp
  return {
    ticket_type_id: type.id,
    ticket_type_name: type.name,
    quantity,
    unit_price_minor: isComp ? 0 : type.price,
    ...(discount > 0 && { discount_minor: discount }),
    ...(tax > 0 && { tax_minor: tax }),
    ...(hasFee && { fees_minor: feeMinor * quantity }),
    ...(isComp && { is_comp: true }),
    ticket_ids: ticketIds,
  }
}

function promoAt({ performance, chance }: House, at: number) {
  const days = (at - performance.onSaleAt) / dayMs
  const offered = promos.find(({ from, to }) => days >= from && days < to)
  return offered && chance.isHit(offered.share) ? offered : undefined
}
