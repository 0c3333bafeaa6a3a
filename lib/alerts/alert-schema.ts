import * as z from 'zod'
import { pageFields } from '../paging.ts'
import { Rule, ruleFields, severities } from './rule.ts'

const exampleOfRule = {
  name: 'Many scans are refused',
  severity: 'high' as const,
  query: {
    ...{ metric: 'scans_rejected', per: 'scans_accepted', window: '15m' },
    groupBy: ['event' as const],
  },
  condition: { op: 'gt' as const, value: 0.1 },
  for: '5m',
}

/** The body that makes an alert. */
export const NewAlert = Rule.meta({ id: 'NewAlert', examples: [exampleOfRule] })

/** The body that changes one: what is left out stays, and each field is changed whole. */
export const AlertChange = z
  .strictObject({
    ...ruleFields,
    severity: ruleFields.severity.unwrap(),
    for: ruleFields.for.unwrap(),
    keepFiringFor: ruleFields.keepFiringFor.unwrap(),
    recovery: ruleFields.recovery.unwrap(),
    noData: ruleFields.noData.unwrap(),
    schedule: ruleFields.schedule.unwrap(),
    escalationPolicyId: ruleFields.escalationPolicyId.unwrap(),
    contactPointIds: ruleFields.contactPointIds.unwrap(),
    enabled: ruleFields.enabled.unwrap(),
  })
  .partial()
  .meta({ id: 'AlertChange', examples: [{ severity: 'critical', for: '10m' }] })
export type AlertChange = z.output<typeof AlertChange>

const alertStates = ['firing', 'pending', 'dismissed', 'inactive'] as const

/** The query of GET V/alerts. */
export const AlertQuery = z.strictObject({
  enabled: z.enum(['true', 'false']).optional(),
  state: z.enum(alertStates).meta({ description: 'Of this state alone' }).optional(),
  severity: z.enum(severities).meta({ description: 'Of this severity alone' }).optional(),
  ...pageFields,
})
export type AlertQuery = z.output<typeof AlertQuery>

/** An alert as it is told. */
export const Alert = z
  .object({
    id: z.string(),
    ...ruleFields,
    createdBy: z.string(),
    createdAt: z.string(),
    state: z.enum(alertStates).meta({
      description:
        'firing: an instance is open. pending: of a group the condition holds so far. dismissed: what was resolved by hand still holds, and must end once before it fires again',
    }),
    openInstances: z.int(),
    triggerCount: z.int().meta({ description: 'How often it has fired' }),
    lastTriggeredAt: z.string().nullable().meta({ description: 'When it fired last' }),
    health: z.enum(['ok', 'no_data', 'error', 'stale']).meta({
      description: 'How its last evaluation went; stale: the data were too old to judge by',
    }),
    fault: z.string().nullable(),
    evaluatedAt: z.string().nullable(),
  })
  .meta({
    id: 'Alert',
    examples: [
      {
        id: '5f0f7c52-5d6f-4f5c-8f0a-6f5a3f2b1c0d',
        ...Rule.parse(exampleOfRule),
        ...{ createdBy: 'u-1', createdAt: '2026-06-01T20:20:11.012345Z' },
        ...{ state: 'firing', openInstances: 1, triggerCount: 3 },
        ...{ lastTriggeredAt: '2026-06-02T19:04:00.000000Z', health: 'ok', fault: null },
        evaluatedAt: '2026-06-02T19:10:00.000000Z',
      },
    ],
  })
export type Alert = z.output<typeof Alert>

export const AlertPage = z
  .object({ items: z.array(Alert), nextCursor: z.string().nullable() })
  .meta({ id: 'AlertPage' })
