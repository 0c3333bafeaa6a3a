import * as z from 'zod'
import { inSnapshot } from '../metrics/ask.ts'
import { findAlert } from './alerts.ts'
import { answerOf } from './ask.ts'
import { judge } from './condition.ts'
import { tickAt } from './duration.ts'
import { pointsOf } from './points.ts'
import { thresholdText } from './threshold.ts'
import { readStates } from './tick-store.ts'

/** What a rule would find at this minute. */
export const AlertTest = z
  .object({
    at: z.string(),
    groups: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        value: z.number().nullable(),
        compared: z.number().nullable(),
        threshold: z.string(),
        state: z
          .enum(['breaching', 'recovering', 'fine', 'no_data'])
          .meta({ description: 'Recovering: between the threshold and that of the recovery' }),
      }),
    ),
    breaching: z.int(),
    fault: z.string().nullable(),
  })
  .meta({
    id: 'AlertTest',
    examples: [
      {
        ...{ at: '2026-06-01T16:00:00.000Z', breaching: 1, fault: null },
        groups: [
          {
            ...{ labels: { event: 'show-1' }, value: 120, compared: null, threshold: '> 100' },
            state: 'breaching',
          },
        ],
      },
    ],
  })
export type AlertTest = z.output<typeof AlertTest>

const stateOf = { breach: 'breaching', between: 'recovering', clear: 'fine', unknown: 'no_data' } as const // biome-ignore format: one line

/**
 * Measures what an alert of the venue watches, as its next tick would, and judges it: nothing is kept and
 * nobody is told. Throws a Refusal where there is no such alert.
 */
export async function testRule(venueId: string, id: string, now: Date): Promise<AlertTest> {
  const { alert: rule } = await findAlert(venueId, id)
  const tick = tickAt(now)
  const { answer, known } = await inSnapshot(venueId, async (snapshot) => ({
    answer: await answerOf(snapshot, rule, tick.getTime()),
    known: (await readStates(snapshot.tx, venueId)).filter((one) => one.alertId === rule.id),
  }))
  const fault = 'fault' in answer ? answer.fault : null
  const labels = known.map(({ state }) => state.labels)
  const points = fault === null ? pointsOf(answer, labels) : []
  const groups = points.map((point) => ({
    labels: point.labels,
    value: point.kind === 'value' ? point.value : null,
    compared: point.kind === 'value' ? (point.compared ?? null) : null,
    threshold: thresholdText(rule, point.labels),
    state: stateOf[judge(rule.condition, rule.recovery, point)],
  }))
  const breaching = groups.filter(({ state }) => state === 'breaching').length
  return {
    at: tick.toISOString(),
    groups,
    breaching,
    fault,
  }
}
