import * as z from 'zod'
import { count, currency, id, looseId, moneyMinor, name, text, timestamp } from './fields.ts'

const cartItems = z
  .array(
    z.object({
      ticket_type_id: id.optional(),
      quantity: count.optional(),
      unit_price_minor: moneyMinor.optional(),
    }),
  )
  .max(5000)

const cartFields = {
  cart_id: looseId.optional(),
  items: cartItems.optional(),
  value_minor: moneyMinor.optional(),
  currency: currency.optional(),
}

const checkoutFields = {
  checkout_id: looseId.optional(),
  cart_id: looseId.optional(),
  step: text(64).optional(),
  method: text(64).optional(),
}

/** What people do before they buy. The platforms know little of it: no field is demanded. */
export const audienceTypes = {
  'page.viewed': {
    title: 'A page was looked at',
    data: z.object({
      page_id: looseId.optional(),
      url_path: text(2048).optional(),
      page_type: text(64).optional(),
      title: text(300).optional(),
      referrer_domain: text(255).optional(),
      duration_ms: count.optional(),
    }),
    example: {
      page_id: 'show-hamlet',
      url_path: '/shows/hamlet',
      page_type: 'event',
      title: 'Hamlet',
      referrer_domain: 'example.org',
      duration_ms: 5400,
    },
  },
  'search.performed': {
    title: 'Somebody searched',
    data: z.object({
      query: text(1000).optional(),
      filters: z.record(z.string(), z.unknown()).optional(),
      results_count: count.optional(),
      position_clicked: count.optional(),
      event_ids_shown: z.array(id).max(1000).optional(),
    }),
    example: {
      query: 'hamlet july',
      filters: { month: '2026-07' },
      results_count: 3,
      position_clicked: 1,
      event_ids_shown: ['e1', 'e2', 'e3'],
    },
  },
  'cart.updated': {
    title: 'A cart changed',
    data: z.object({ ...cartFields, hold_expires_at: timestamp.optional() }),
    example: {
      cart_id: 'cart-1',
      items: [{ ticket_type_id: 'stalls', quantity: 2, unit_price_minor: 4550 }],
      value_minor: 9100,
      currency: 'USD',
      hold_expires_at: '2026-06-01T12:15:00Z',
    },
  },
  'cart.abandoned': {
    title: 'A cart was left without an order',
    data: z.object({
      ...cartFields,
      last_step: text(64).optional(),
      abandoned_at: timestamp.optional(),
      recovered: z.boolean().optional(),
    }),
    example: {
      cart_id: 'cart-1',
      value_minor: 9100,
      currency: 'USD',
      last_step: 'payment',
      abandoned_at: '2026-06-01T12:15:00Z',
      recovered: false,
    },
  },
  'checkout.started': {
    title: 'A checkout began',
    data: z.object(checkoutFields),
    example: { checkout_id: 'k-1', cart_id: 'cart-1' },
  },
  'checkout.step': {
    title: 'A checkout reached a step',
    data: z.object(checkoutFields),
    example: { checkout_id: 'k-1', cart_id: 'cart-1', step: 'seats' },
  },
  'checkout.failed': {
    title: 'A checkout failed',
    data: z.object({ ...checkoutFields, failure_code: text(100).optional() }),
    example: { checkout_id: 'k-1', step: 'payment', method: 'card', failure_code: 'declined' },
  },
  'campaign.touch': {
    title: 'A campaign reached somebody',
    data: z.object({
      touch_id: looseId.optional(),
      channel: text(100).optional(),
      campaign_id: looseId.optional(),
      creative: text(300).optional(),
      kind: z.enum(['impression', 'click', 'open', 'send']).optional(),
      cost_minor: moneyMinor.optional(),
      currency: currency.optional(),
    }),
    example: {
      touch_id: 'touch-1',
      channel: 'newsletter',
      campaign_id: 'summer',
      creative: 'header-2',
      kind: 'click',
      cost_minor: 12,
      currency: 'USD',
    },
  },
  'user.action': {
    title: 'Somebody did something that the platform names',
    data: z.object({
      name: name.optional(),
      properties: z
        .record(z.string().max(100), z.union([text(1000), z.number(), z.boolean(), z.null()]))
        .refine((properties) => Object.keys(properties).length <= 20, {
          error: 'must have at most 20 entries',
        })
        .meta({ maxProperties: 20 })
        .optional(),
    }),
    example: { name: 'favourite_added', properties: { list: 'summer', position: 2 } },
  },
} as const
