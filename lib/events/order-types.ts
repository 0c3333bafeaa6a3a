import * as z from 'zod'
import {
  count,
  currency,
  id,
  looseId,
  moneyMinor,
  name,
  positiveMoneyMinor,
  text,
} from './fields.ts'

/** What a line says beside its price. */
export const lineFields = {
  ticket_type_id: id,
  ticket_type_name: name.optional(),
  quantity: count,
  discount_minor: moneyMinor.optional(),
  tax_minor: moneyMinor.optional(),
  fees_minor: moneyMinor.optional(),
  is_comp: z.boolean().optional(),
  ticket_ids: z.array(id).max(5000).optional(),
}

const line = z
  .object({
    ...lineFields,
    unit_price_minor: moneyMinor.optional(),
    amount_minor: moneyMinor.optional(),
  })
  .superRefine((item, issues) => {
    const { quantity, unit_price_minor: price, amount_minor: amount } = item
    if (price === undefined && amount === undefined) {
      issues.addIssue({ code: 'custom', path: ['unit_price_minor'], message: priceMissing })
    }
    if (price === undefined) return
    if (amount !== undefined) {
      issues.addIssue({ code: 'custom', path: ['amount_minor'], message: priceTwice })
    }
    if (!Number.isSafeInteger(quantity * price)) {
      issues.addIssue({ code: 'custom', path: ['unit_price_minor'], message: productTooLarge })
    }
  })
  .meta({ oneOf: [{ required: ['unit_price_minor'] }, { required: ['amount_minor'] }] })

const priceMissing = 'is required unless amount_minor is given'
const priceTwice = 'must be left out where unit_price_minor is given'
const productTooLarge = `times quantity must be at most ${Number.MAX_SAFE_INTEGER}`

/** What an order carries beside its lines. */
export const orderFields = {
  order_id: id,
  promo_code: text(100).optional(),
  payment_method: text(100).optional(),
  // Whatever stands here, the money counts.
  cart_id: looseId.optional().catch(undefined),
}

export const orderTypes = {
  'order.paid': {
    title: 'An order was paid',
    data: z.object({ ...orderFields, currency, items: z.array(line).max(5000) }),
    example: {
      order_id: 'o-1001',
      cart_id: 'cart-1',
      currency: 'USD',
      items: [
        {
          ticket_type_id: 'stalls',
          ticket_type_name: 'Stalls',
          quantity: 2,
          unit_price_minor: 4550,
          discount_minor: 500,
          tax_minor: 728,
          fees_minor: 300,
          is_comp: false,
          ticket_ids: ['t-1', 't-2'],
        },
      ],
      promo_code: 'SUMMER',
      payment_method: 'card',
    },
  },
  'order.cancelled': {
    title: 'An order, or some of its tickets, was cancelled',
    data: z.object({
      order_id: id,
      items: z
        .array(z.object({ ticket_type_id: id, quantity: count }))
        .max(5000)
        .optional(),
      reason: text(300).optional(),
    }),
    example: {
      order_id: 'o-1001',
      items: [{ ticket_type_id: 'stalls', quantity: 1 }],
      reason: 'customer',
    },
  },
  'refund.completed': {
    title: 'Money went back to the buyer',
    data: z.object({
      refund_id: id,
      order_id: id,
      currency,
      amount_minor: positiveMoneyMinor,
      items: z
        .array(z.object({ ticket_type_id: id, quantity: count, amount_minor: moneyMinor }))
        .max(5000)
        .optional(),
      reason: text(300).optional(),
    }),
    example: {
      refund_id: 'r-1',
      order_id: 'o-1001',
      currency: 'USD',
      amount_minor: 4550,
      items: [{ ticket_type_id: 'stalls', quantity: 1, amount_minor: 4550 }],
      reason: 'customer',
    },
  },
  'chargeback.opened': {
    title: 'The bank of a buyer took money back',
    data: chargeback(),
    example: { order_id: 'o-1001', currency: 'USD', amount_minor: 9100, fee_minor: 1500 },
  },
  'chargeback.closed': {
    title: 'A dispute with the bank of a buyer ended',
    data: chargeback(),
    example: { order_id: 'o-1001', currency: 'USD', amount_minor: 9100, outcome: 'won' },
  },
} as const

function chargeback() {
  return z.object({
    order_id: id,
    currency,
    amount_minor: positiveMoneyMinor,
    outcome: text(64).optional(),
    fee_minor: moneyMinor.optional(),
  })
}
