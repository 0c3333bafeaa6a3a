import { handler as settings } from '../../functions/http/settings.ts'
import { auditVenue } from '../../lib/audit/audit.ts'
import { withTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import { sweepVenue } from '../../lib/retention/sweep.ts'
import { insertSubscriptions, writeStates } from '../../lib/sockets/channel-store.ts'
import { aggregateVenue } from '../../lib/windows/aggregate.ts'
import { addAlerts } from './alerts.ts'
import { event, paid, unique } from './events.ts'
import { insertExports } from './export-rows.ts'
import { addMessages } from './messages.ts'
import { resetCounter } from './realtime.ts'
import { addReports } from './reports.ts'
import { call, deliver } from './service.ts'

/** Puts something of every kind into a venue: whoever looks into its tables finds rows in each. */
export async function fillVenue(venueId: string): Promise<void> {
  await deliver(
    paid(venueId),
    event(venueId, 'event.updated', {
      data: { name: 'Hamlet', starts_at: '2026-07-01T19:30:00Z', timezone: 'UTC', status: 'on' },
    }),
    event(venueId, 'ticket.scanned', {
      data: { scan_id: unique('s'), ticket_id: 't-1', result: 'ok' },
    }),
    event(venueId, 'cart.updated', { data: { cart_id: 'cart-1' } }),
    event(venueId, 'metric.recorded', { data: { name: 'queue_length', value: 7 } }),
    event(venueId, 'orders.checksum', {
      data: {
        ...{ date: '2026-06-01', currency: 'USD' },
        ...{ orders: 1, tickets: 2, gross_minor: 9100, refunds_minor: 0 },
      },
    }),
    event(venueId, 'inventory.snapshot', {
      data: {
        currency: 'USD',
        items: [
          {
            ...{ ticket_type_id: 'stalls', capacity: 100, sold: 2, comps: 0 },
            ...{ held: 3, killed: 0, open: 95 },
          },
        ],
      },
    }),
    { venue_id: venueId, type: 'no.such.type', event_id: unique('e') },
  )
  await insertExports(venueId)
  await call(settings, 'PUT /v1/venues/{venueId}/settings', {
    caller: { venues: { [venueId]: 'owner' } },
    params: { venueId },
    headers: { 'if-match': '*', 'idempotency-key': 'k-1' },
    body: { timezone: 'UTC', dayStart: '00:00', currency: 'USD', weekStart: 'monday' },
  })
  await resetCounter(venueId, 'orders')
  await catchUp() // a slow Mongo may have left copies in the outbox
  await aggregateVenue(venueId)
  // Something for the audit to find.
  await withTenantJob(
    venueId,
    (tx) =>
      tx`update buckets b set orders = 9 where b.venue_id = ${venueId} and orders is not null`,
  )
  await auditVenue(venueId, '2026-06-02')
  const endsAt = performance.now() + 10_000
  await sweepVenue(venueId, new Date(), { isDryRun: false, endsAt })
  await addReports(venueId)
  await addMessages(venueId)
  await addAlerts(venueId)
  // What a socket leaves behind that listens.
  await withTenant(venueId, async (tx) => {
    const alerts = `venue:${venueId}:alerts`
    await insertSubscriptions(tx, venueId, 'nobody', [alerts])
    await writeStates(tx, venueId, {
      states: new Map([[alerts, 'null']]),
      asOf: '2026-06-01T12:00:00Z',
    })
  })
}
