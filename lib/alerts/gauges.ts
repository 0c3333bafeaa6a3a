/** What a rule may watch beside the metrics of the ledger: it is known for now alone. */
export const gauges = {
  data_age_seconds: {
    title: 'Age of the data in seconds',
    definition: 'Seconds since the platform last told anything of the venue',
    dimensions: [],
  },
  tickets_open: {
    title: 'Tickets open',
    definition: 'Tickets that are still for sale, by the last inventory that the platform told',
    dimensions: ['event', 'ticket_type'],
  },
  tickets_held: {
    title: 'Tickets held',
    definition: 'Tickets on hold, by the last inventory that the platform told',
    dimensions: ['event', 'ticket_type'],
  },
  holds_expiring: {
    title: 'Holds expiring',
    definition: 'Tickets in open carts whose hold ends within the window',
    dimensions: ['event'],
  },
} as const
export type Gauge = keyof typeof gauges
