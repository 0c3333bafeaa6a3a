import * as z from 'zod'
import { Rule, ruleFields } from './rule.ts'

type Told = [
  name: string,
  title: string,
  definition: string,
  rule: Omit<z.input<typeof Rule>, 'name'>,
]

const share = (metric: string, per: string, window: string) => ({ metric, per, window })

const told: Told[] = [
  [
    'gate-silent',
    'A gate is silent',
    'No scan was accepted for ten minutes at a gate that was open before, in the hours of the schedule: let them be those of your doors.',
    {
      severity: 'high',
      query: { metric: 'scans_accepted', groupBy: ['gate'], window: '10m' },
      condition: { op: 'absent' },
      schedule: { from: '18:00', to: '22:00' },
    },
  ],
  [
    'reject-rate',
    'Many scans are rejected',
    'More than 10 % as many scans were rejected as accepted in a quarter of an hour; over at less than 5 %.',
    {
      severity: 'high',
      query: share('scans_rejected', 'scans_accepted', '15m'),
      condition: { op: 'gt', value: 0.1 },
      recovery: { value: 0.05 },
    },
  ],
  [
    'holds-expiring',
    'Many holds end soon',
    'The holds of more than fifty tickets of a show end within ten minutes: they go back on sale.',
    {
      severity: 'low',
      query: { metric: 'holds_expiring', groupBy: ['event'], window: '10m' },
      condition: { op: 'gt', value: 50 },
    },
  ],
  [
    'sold-out',
    'Sold out',
    'No ticket of a type is left for a show, by the last inventory that the platform told.',
    {
      severity: 'medium',
      query: { metric: 'tickets_open', groupBy: ['event', 'ticket_type'], window: '1m' },
      condition: { op: 'lte', value: 0 },
    },
  ],
  [
    'ingestion-stale',
    'The platform is silent',
    'Nothing of the venue was told for a quarter of an hour. While it fires, rules on the numbers stand still.',
    {
      severity: 'critical',
      query: { metric: 'data_age_seconds', window: '1m' },
      condition: { op: 'gt', value: 900 },
    },
  ],
  [
    'sales-drop',
    'Sales drop',
    'Less than half as many tickets were sold in an hour as in the same hour a week ago, for a quarter of an hour.',
    {
      severity: 'medium',
      query: { metric: 'tickets_sold', window: '1h' },
      condition: { op: 'change_pct_lt', value: -50, compare: 'same_weekday' },
      for: '15m',
      recovery: { value: -30 },
    },
  ],
  [
    'refund-rate',
    'Many refunds',
    'More than 5 % as many tickets were refunded as sold in a day.',
    {
      severity: 'medium',
      query: share('tickets_refunded', 'tickets_sold', '1d'),
      condition: { op: 'gt', value: 0.05 },
    },
  ],
]

/** Rules to begin with, each with a body that makes an alert, whole. */
export const readyRules = told.map(([name, title, definition, rule]) => ({
  ...{ name, title, definition },
  rule: Rule.parse({ ...rule, name: title }),
}))

/** The answer of GET /v1/alert-templates. */
export const AlertTemplates = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        definition: z.string(),
        rule: z.object(ruleFields).meta({ description: 'A body of `POST V/alerts`' }),
      }),
    ),
  })
  .meta({ id: 'AlertTemplates', examples: [{ items: readyRules.slice(0, 1) }] })
