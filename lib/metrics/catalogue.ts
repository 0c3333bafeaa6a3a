import * as z from 'zod'
import { type Dimension, dimensions, type Measure } from '../ledger/entry.ts'

/** How a metric is computed from what the ledger holds. */
export type Formula =
  | { kind: 'sum'; plus: Measure[]; minus: Measure[] }
  | { kind: 'ratio'; of: Measure; per: Measure }
  | { kind: 'distinct'; of: 'customers' }

export type Metric = {
  name: string
  title: string
  definition: string
  unit: 'count' | 'minor' | 'ratio' | 'seconds' | 'value'
  /** Whether the parts of a time or a group add up to the whole. */
  additive: boolean
  dimensions: readonly Dimension[]
  formula: Formula
}

const sum = (plus: Measure[], minus: Measure[] = []): Formula => ({ kind: 'sum', plus, minus })

type Told = [name: string, title: string, definition: string, unit: Metric['unit'], Formula]

const told: Told[] = [
  ['orders', 'Orders', 'Counts distinct orders with a paid line, once, when the order was first paid. Paid in several groups it counts in each, and once in the whole. Does not count unpaid or expired orders.', 'count', sum(['orders'])],
  ['tickets_sold', 'Tickets sold', 'Counts the tickets of paid lines, complimentary ones included. Does not go down by cancellations or refunds.', 'count', sum(['tickets_sold'])],
  ['comps', 'Complimentary tickets', 'Counts the tickets of paid lines that are complimentary. Does not count full-price tickets discounted to nothing.', 'count', sum(['comps'])],
  ['gross_revenue', 'Gross revenue', 'Sums what buyers paid for tickets: line amounts less discounts, taxes inside. Does not count fees, and does not go down by refunds.', 'minor', sum(['gross_revenue'])],
  ['discounts', 'Discounts', 'Sums what was taken off the lines. Does not count complimentary tickets.', 'minor', sum(['discounts'])],
  ['taxes', 'Taxes', 'Sums the taxes told in the lines; they are inside gross revenue. Does not count taxes on fees.', 'minor', sum(['taxes'])],
  ['fees', 'Fees', 'Sums the fees told in the lines; they come on top of gross revenue. Does not count fees of payment providers.', 'minor', sum(['fees'])],
  ['refunds', 'Refunds', 'Sums the money given back, as positive amounts, when it was given back. Does not count cancellations without money.', 'minor', sum(['refunds'])],
  ['chargebacks', 'Chargebacks', 'Sums disputed amounts when the dispute opened, less those closed as won. Does not count the fees of disputes.', 'minor', sum(['chargebacks'])],
  ['net_revenue', 'Net revenue', 'Gross revenue less refunds less chargebacks, each when it happened. Does not count fees or costs.', 'minor', sum(['gross_revenue'], ['refunds', 'chargebacks'])],
  ['orders_cancelled', 'Orders cancelled', 'Counts orders of which a paid line was cancelled, once, at the first cancellation. Does not count refunds, nor lines of neither tickets nor value.', 'count', sum(['orders_cancelled'])],
  ['tickets_cancelled', 'Tickets cancelled', 'Counts the paid tickets that were cancelled, at the cancellation. Does not count a ticket twice, nor tickets of unknown orders.', 'count', sum(['tickets_cancelled'])],
  ['cancelled_value', 'Cancelled value', 'Sums what had been paid for the cancelled tickets, at the cancellation. Does not move money: refunds do.', 'minor', sum(['cancelled_value'])],
  ['tickets_refunded', 'Tickets refunded', 'Counts the tickets named in refunds. Does not count refunds that name no tickets.', 'count', sum(['tickets_refunded'])],
  ['tickets_net', 'Tickets, net', 'Tickets sold less tickets cancelled, each when it happened. Does not go down by refunds without a cancellation.', 'count', sum(['tickets_sold'], ['tickets_cancelled'])],
  ['average_order_value', 'Average order value', 'Gross revenue divided by orders; nothing without orders. Does not net refunds.', 'minor', { kind: 'ratio', of: 'gross_revenue', per: 'orders' }],
  ['unique_buyers', 'Unique buyers', 'Counts distinct customers with a paid order, exactly. Does not count orders of unknown buyers. Costs a look at each paid line of the range.', 'count', { kind: 'distinct', of: 'customers' }],
  ['scans_accepted', 'Scans accepted', 'Sums the quantity of accepted scans, entries and exits. Does not count rejected scans.', 'count', sum(['scans_accepted'])],
  ['scans_rejected', 'Scans rejected', 'Sums the quantity of rejected scans. Does not count accepted ones.', 'count', sum(['scans_rejected'])],
  ['admissions', 'Admissions', 'Counts people let in: accepted entries, a ticket once for each show, at its first entry. Does not count re-entries of a ticket or exits.', 'count', sum(['admissions'])],
  ['inside_now', 'Inside', 'Accepted entries less accepted exits in the range. Does not know who left without a scan.', 'count', sum(['inside_now'])],
  ['page_views', 'Page views', 'Counts page views. Does not count test events.', 'count', sum(['page_views'])],
  ['searches', 'Searches', 'Counts searches performed. Does not count suggestions shown.', 'count', sum(['searches'])],
  ['carts_abandoned', 'Carts abandoned', 'Counts carts reported as abandoned. Does not count carts still open.', 'count', sum(['carts_abandoned'])],
] // biome-ignore format: a table reads better in rows

/** Every metric, by name. */
export const catalogue: ReadonlyMap<string, Metric> = new Map(
  told.map(([name, title, definition, unit, formula]) => [
    name,
    { name, title, definition, unit, additive: formula.kind === 'sum', dimensions, formula },
  ]),
)

export const isMoney = (metric: Metric): boolean => metric.unit === 'minor'

/** The metrics as the API tells them. */
export const definitions = [...catalogue.values()].map(({ formula, ...definition }) => definition)

const Definition = z
  .object({
    name: z.string(),
    title: z.string(),
    definition: z.string(),
    unit: z.enum(['count', 'minor', 'ratio', 'seconds', 'value']),
    additive: z.boolean().meta({ description: 'Whether the parts add up to the whole' }),
    dimensions: z.array(z.enum(dimensions)),
  })
  .meta({ id: 'MetricDefinition', examples: [definitions.find(({ name }) => name === 'orders')] })

/** The answer of GET /v1/metrics. */
export const Catalogue = z.object({ items: z.array(Definition), nextCursor: z.null() })
