import type { SeasonEvent } from './event.ts'

type Item = Record<string, number> & { ticket_type_id: string; is_comp?: boolean }
type Sold = { left: Map<string, { quantity: number; value: number }>; isCancelled: boolean }
/** Every additive metric by its name, and the buyers; money in minor units of the one currency. */
export type Totals = Record<string, number>

/**
 * The season's own ledger: what the metrics must say once the events added to it are counted.
 * Worked out from the events alone, without a line of the service. Test orders are left out. It
 * relies on what a season never does: pay an order twice, cancel before it is paid, or cancel
 * part of a line that was discounted.
 */
export function createTally() {
  const totals: Totals = {}
  const orders = new Map<string, Sold>()
  const buyers = new Set<string>()
  const entered = new Set<string>()
  const count = (metric: string, value: number) => {
    totals[metric] = (totals[metric] ?? 0) + value
  }

  function pay({ actor, data }: SeasonEvent) {
    const items = data.items as Item[]
    const left: Sold['left'] = new Map()
    for (const item of items) {
      const { quantity = 0, unit_price_minor: price = 0, discount_minor: discount = 0 } = item
      const value = quantity * price - discount
      count('tickets_sold', quantity)
      count('comps', item.is_comp ? quantity : 0)
      count('gross_revenue', value)
      count('discounts', discount)
      count('taxes', item.tax_minor ?? 0)
      count('fees', item.fees_minor ?? 0)
      left.set(item.ticket_type_id, { quantity, value })
    }
    count('orders', 1)
    orders.set(String(data.order_id), { left, isCancelled: false })
    const customer = (actor as { customer_id?: string } | undefined)?.customer_id
    if (customer !== undefined) buyers.add(customer)
  }

  function cancel({ data }: SeasonEvent) {
    const order = orders.get(String(data.order_id))
    if (!order) throw new RangeError(`${data.order_id} is cancelled before it is paid`)
    const items = data.items as Item[] | undefined
    const whole = [...order.left].map(([id, { quantity }]) => ({ ticket_type_id: id, quantity }))
    for (const { ticket_type_id: id, quantity = 0 } of items ?? whole) {
      const line = order.left.get(id) ?? { quantity: 0, value: 0 }
      const value = line.quantity === 0 ? 0 : (line.value / line.quantity) * quantity
      count('tickets_cancelled', quantity)
      count('cancelled_value', value)
      order.left.set(id, { quantity: line.quantity - quantity, value: line.value - value })
    }
    if (!order.isCancelled) count('orders_cancelled', 1)
    order.isCancelled = true
  }

  function scan({ event_ref: show, data }: SeasonEvent) {
    const quantity = Number(data.quantity ?? 1)
    if (data.result === 'error') return count('scans_rejected', quantity)
    count('scans_accepted', quantity)
    if (data.direction === 'exit') return count('inside_now', -quantity)
    count('inside_now', quantity)
    const entry = `${(show as { event_id: string }).event_id} ${data.ticket_id}`
    if (!entered.has(entry)) count('admissions', quantity)
    entered.add(entry)
  }

  function add(event: SeasonEvent) {
    const { type, data, test_mode: isTest } = event
    if (isTest) return
    if (type === 'order.paid') pay(event)
    else if (type === 'order.cancelled') cancel(event)
    else if (type === 'ticket.scanned') scan(event)
    else if (type === 'page.viewed') count('page_views', 1)
    else if (type === 'search.performed') count('searches', 1)
    else if (type === 'cart.abandoned') count('carts_abandoned', 1)
    else if (type === 'refund.completed') {
      count('refunds', Number(data.amount_minor))
      for (const { quantity = 0 } of (data.items ?? []) as Item[])
        count('tickets_refunded', quantity)
    } else if (type === 'chargeback.opened') count('chargebacks', Number(data.amount_minor))
    else if (type === 'chargeback.closed' && data.outcome === 'won') {
      count('chargebacks', -Number(data.amount_minor))
    }
  }

  function read(): Totals {
    const { gross_revenue: gross = 0, refunds = 0, chargebacks = 0 } = totals
    return {
      ...totals,
      net_revenue: gross - refunds - chargebacks,
      tickets_net: (totals.tickets_sold ?? 0) - (totals.tickets_cancelled ?? 0),
      unique_buyers: buyers.size,
    }
  }

  return { add, read }
}
