import * as z from 'zod'
import { pageFields } from '../paging.ts'
import { severities } from './rule.ts'

const instanceStates = ['firing', 'acknowledged', 'recovering', 'resolved'] as const
const text = z.string().trim().min(1).max(2000)

/** The query of GET V/alert-instances. */
export const InstanceQuery = z.strictObject({
  state: z.enum(instanceStates).meta({ description: 'Of this state alone' }).optional(),
  alertId: z.uuid().meta({ description: 'Of this alert alone' }).optional(),
  severity: z.enum(severities).meta({ description: 'Of this severity alone' }).optional(),
  ...pageFields,
})
export type InstanceQuery = z.output<typeof InstanceQuery>

/** The bodies of what is done with an instance. */
export const Acknowledgement = z
  .strictObject({ note: text.optional() })
  .default({})
  .meta({ id: 'Acknowledgement', examples: [{ note: 'I am on my way to the gate' }] })
export const Assignment = z
  .strictObject({ userId: z.string().min(1).max(256).nullable() })
  .meta({ id: 'AlertAssignment', examples: [{ userId: 'u-2' }] })
export const Comment = z
  .strictObject({ text })
  .meta({ id: 'AlertComment', examples: [{ text: 'Scanner 4 had no network' }] })
export const Resolution = z
  .strictObject({ reason: text })
  .meta({ id: 'AlertResolution', examples: [{ reason: 'The scanner was exchanged' }] })

const instant = z.string()
const fields = {
  id: z.string(),
  alertId: z.string(),
  labels: z.record(z.string(), z.string()).meta({ description: 'The group that it is of' }),
  name: z.string(),
  severity: z.enum(severities),
  metric: z.string(),
  threshold: z.string(),
  state: z.enum(instanceStates),
  cause: z.enum(['condition', 'no_data', 'error']).meta({ description: 'Why it fires' }),
  value: z.number().nullable().meta({ description: 'Null: it fires for want of an answer' }),
  compared: z.number().nullable().meta({ description: 'What the value is compared with' }),
  firedAt: instant,
  triggerCount: z.int().meta({
    description:
      'Ticks at which it was so: the condition held, those of `for` included, or the answer was missing long enough to fire',
  }),
  lastTriggeredAt: instant.meta({ description: 'The last of these ticks' }),
  toldAt: instant.nullable().meta({
    description:
      'When it was told first, on sockets at least; null: it is muted, or its first message is to come',
  }),
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  assignedTo: z.string().nullable(),
  resolvedAt: instant.nullable(),
  resolvedBy: z.string().nullable().meta({ description: 'Null: by itself' }),
  resolveReason: z.string().nullable(),
  stepsDone: z.int().meta({ description: 'How many steps of its escalation were taken' }),
  nextStepAt: instant.nullable(),
}
const example = {
  id: '3f0d9c52-5d6f-4f5c-8f0a-6f5a3f2b1c0d',
  alertId: '5f0f7c52-5d6f-4f5c-8f0a-6f5a3f2b1c0d',
  labels: { event: 'e1' },
  name: 'Many scans are refused',
  severity: 'high' as const,
  ...{ metric: 'scans_rejected', threshold: '> 0.1', state: 'acknowledged' as const },
  ...{ cause: 'condition' as const, value: 0.17, compared: null },
  firedAt: '2026-06-02T19:04:00.000000Z',
  ...{ triggerCount: 7, lastTriggeredAt: '2026-06-02T19:10:00.000000Z' },
  toldAt: '2026-06-02T19:04:00.000000Z',
  ...{ acknowledgedAt: '2026-06-02T19:06:12.345678Z', acknowledgedBy: 'u-1', assignedTo: null },
  ...{ resolvedAt: null, resolvedBy: null, resolveReason: null, stepsDone: 1, nextStepAt: null },
}

/** A time that an alert fired, as it is told. */
export const Instance = z.object(fields).meta({ id: 'AlertInstance', examples: [example] })
export type Instance = z.output<typeof Instance>

const Entry = z.object({
  at: instant,
  by: z.string().nullable().meta({ description: 'Who did it; null: nobody, it happened' }),
  kind: z.enum([
    ...(['fired', 'cause_changed', 'muted', 'told', 'recovering', 'resumed', 'resolved'] as const),
    ...(['dismissed', 'released'] as const),
    ...(['acknowledged', 'assigned', 'commented', 'escalated', 'repeated'] as const),
  ]),
  note: z.string().nullable().meta({
    description:
      'What was said; of `fired` and `cause_changed` the cause; of `assigned` to whom, null where it is nobody’s any more',
  }),
})
export type Entry = z.output<typeof Entry>

/** The same with what happened to it, the latest thousand entries, in their order. */
export const InstanceWhole = z.object({ ...fields, history: z.array(Entry) }).meta({
  id: 'AlertInstanceWhole',
  examples: [
    {
      ...example,
      history: [
        { at: '2026-06-02T19:04:00.000000Z', by: null, kind: 'fired', note: 'condition' },
        {
          ...{ at: '2026-06-02T19:06:12.345678Z', by: 'u-1', kind: 'acknowledged' },
          note: 'I am on my way to the gate',
        },
      ],
    },
  ],
})
export type InstanceWhole = z.output<typeof InstanceWhole>

export const InstancePage = z
  .object({ items: z.array(Instance), nextCursor: z.string().nullable() })
  .meta({ id: 'AlertInstancePage' })
