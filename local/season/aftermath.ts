import { dayMs, eventOf, hourMs, minuteMs } from './event.ts'
import { type House, settle } from './house.ts'
import { amountOf, idIn, type Line, type Order, toldBy } from './order.ts'

// Box offices take back two or three of a hundred orders; cards are disputed in 0.6 %: assumptions.
const givenBack = { all: 0.018, one: 0.008, money: 0.006 }
const disputed = 0.006
const passedOn = 0.06

/**
 * What becomes of a paid order before the doors open: refunds, cancellations, disputes, tickets
 * handed on. Returns the ids of the tickets that are good at the door.
 */
export function planAftermath(house: House, order: Order): string[] {
  const { performance, chance } = house
  const { calledOffAt, doorsAt } = performance
  const tickets = order.lines.flatMap(({ ticketIds }) => ticketIds)
  if (calledOffAt) {
    const at = Math.max(order.at, calledOffAt) + chance.between(1, 90) * minuteMs
    giveBack(house, order, order.lines, at, 'event_cancelled')
    return []
  }
  if (chance.isHit(disputed) && order.channel === 'online') planDispute(house, order)
  const at = order.at + chance.wait(4 * dayMs) + hourMs
  const amount = order.lines.reduce((sum, line) => sum + amountOf(line), 0)
  if (at > doorsAt - 2 * hourMs || amount === 0) return handOn(house, tickets, order)
  const fate = chance.weighed({ ...givenBack, none: 0.968 })
  if (fate === 'all') {
    giveBack(house, order, order.lines, at, 'customer')
    return []
  }
  if (fate === 'one') return giveOneBack(house, order, at) ?? handOn(house, tickets, order)
  // A gesture: money, while the tickets stay good.
  if (fate === 'money') refund(house, order, [], Math.ceil(amount / 5), at, 'goodwill')
  return handOn(house, tickets, order)
}

// One ticket of a line at the full price, so that its worth is its price.
function giveOneBack(house: House, order: Order, at: number): string[] | undefined {
  const line = order.lines.find(({ quantity, discount }) => quantity > 1 && discount === 0)
  if (!line) return undefined
  const [back = '', ...kept] = line.ticketIds
  giveBack(house, order, [{ ...line, quantity: 1, ticketIds: [back] }], at, 'customer')
  const others = order.lines.filter((each) => each !== line)
  return [...kept, ...others.flatMap(({ ticketIds }) => ticketIds)]
}

function giveBack(house: House, order: Order, lines: Line[], at: number, reason: string) {
  const { performance, agenda } = house
  const isWhole = lines === order.lines
  agenda.add(at, () => {
    for (const { type, quantity, isComp } of lines) {
      settle(house, { typeId: type.id, sold: -quantity, isComp, at })
    }
    const items = lines.map(({ type, quantity }) => ({ ticket_type_id: type.id, quantity }))
    return eventOf(
      performance,
      'order.cancelled',
      `${idIn(order)}-cancelled`,
      { ...toldBy(order, at), source: 'box_office' },
      { order_id: order.id, ...(!isWhole && { items }), reason },
    )
  })
  const amount = lines.reduce((sum, line) => sum + amountOf(line), 0)
  if (amount > 0) refund(house, order, lines, amount, at + 2 * minuteMs, reason)
}

function refund(
  { performance, agenda }: House,
  order: Order,
  lines: Line[],
  amount: number,
  at: number,
  reason: string,
) {
  const items = lines.map((line) => ({
    ticket_type_id: line.type.id,
    quantity: line.quantity,
    amount_minor: amountOf(line),
  }))
  const data = {
    refund_id: `${order.id}-refund`,
    order_id: order.id,
    currency: performance.currency,
    amount_minor: amount,
    ...(items.length > 0 && { items }),
    reason,
  }
  const told = { ...toldBy(order, at), source: 'box_office' }
  agenda.add(at, () =>
    eventOf(performance, 'refund.completed', `${idIn(order)}-refund`, told, data),
  )
}

function planDispute({ performance, agenda, chance }: House, order: Order) {
  const amount = order.lines.reduce((sum, line) => sum + amountOf(line), 0)
  if (amount === 0) return
  const { currency } = performance
  const data = { order_id: order.id, currency, amount_minor: amount }
  const openedAt = order.at + chance.between(8, 25) * dayMs
  const closedAt = openedAt + chance.between(10, 30) * dayMs
  const outcome = chance.isHit(0.4) ? 'won' : 'lost'
  const tell = (type: string, at: number, more: object) =>
    agenda.add(at, () =>
      eventOf(performance, type, `${idIn(order)}-${type}`, toldBy(order, at), { ...data, ...more }),
    )
  tell('chargeback.opened', openedAt, { fee_minor: 1500 })
  tell('chargeback.closed', closedAt, { outcome })
}

function handOn(house: House, tickets: string[], order: Order): string[] {
  const { performance, agenda, chance } = house
  for (const [n, ticketId] of tickets.entries()) {
    const offeredAt = order.at + chance.wait(5 * dayMs) + 10 * minuteMs
    const isMeant = n > 0 && chance.isHit(passedOn) && offeredAt < performance.doorsAt
    if (!isMeant || order.customer === undefined) continue
    const from_customer_id = order.customer
    const tell = (state: string, at: number, to: object) =>
      agenda.add(at, () =>
        eventOf(
          performance,
          'ticket.transferred',
          `${idIn(order)}-${n}-${state}`,
          { at, source: 'app' },
          {
            transfer_id: `${ticketId}-transfer`,
            ...{ ticket_id: ticketId, from_customer_id, ...to, state },
          },
        ),
      )
    tell('offered', offeredAt, {})
    const state = chance.weighed({ accepted: 88, declined: 7, revoked: 5 })
    const to = state === 'accepted' ? { to_customer_id: `customer-${ticketId}` } : {}
    tell(state, offeredAt + chance.wait(6 * hourMs), to)
  }
  return tickets
}
