import { eventTypes } from '../../lib/events/registry.ts'
import { catalogue } from '../../lib/metrics/catalogue.ts'
import { event, unique } from '../support/events.ts'
import type { World } from './attempts.ts'

/** What is in everything that the foreign venue tells, and in nothing that is asked. */
export const planted = 'planted-secret-of-others'

/** Two venues, and the messages by which each has numbers, a show, and something in quarantine. */
export function worldOf() {
  const [venue, foreign] = [unique('v-fuzz'), unique('v-foreign')]
  const world: World = {
    venue,
    foreign,
    words: [...catalogue.keys(), 'show-1', 'queue_length'],
    params: {
      venueId: [venue],
      eventId: ['show-1'],
      metric: [...catalogue.keys()],
      // what adds up has entries behind it
      'GET /v1/venues/{venueId}/metrics/{metric}/explain metric': [
        'orders',
        'net_revenue',
        'scans_accepted',
      ],
      job: ['catch-up', 'redrive-dead-letters', 'aggregate'],
      file: ['swagger-ui.css', 'start.js'],
      type: eventTypes,
    },
  }
  return { world, messages: [...messagesOf(venue, 'ours'), ...messagesOf(foreign, planted), stray] }
}

const stray = { venue_id: '?', event_id: unique('stray'), type: 'order.paid', data: {} }

const messagesOf = (venueId: string, name: string) => [
  event(venueId, 'metric.recorded', { data: { name: 'queue_length', value: 7, unit: name } }),
  event(venueId, 'event.updated', {
    data: { name, starts_at: '2026-07-01T19:30:00Z', timezone: 'UTC', status: 'on_sale' },
  }),
  event(venueId, 'order.paid', {
    event_ref: { event_id: 'show-1', session_id: name },
    data: {
      order_id: unique('o'),
      currency: 'USD',
      promo_code: name,
      items: [{ ticket_type_id: name, quantity: 2, unit_price_minor: 4550 }],
    },
  }),
  event(venueId, 'no.such.type', { event_id: unique(name), data: { name } }),
]
