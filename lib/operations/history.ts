import * as z from 'zod'
import { withJob } from '../clients/postgres.ts'
import { StoreUnavailable } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { currentScope } from '../trace.ts'
import { finishRun, insertRun } from './store.ts'

/** The jobs of the service. */
export const jobNames = [
  'aggregate',
  'audit',
  'cart-abandonment',
  'catch-up',
  'check-alerts',
  'redrive-dead-letters',
  'report-schedules',
  'retention',
  'tend-exports',
  'tend-messages',
  'tend-sockets',
] as const
export type JobName = (typeof jobNames)[number]

export type Counts = Record<string, number>

export const Run = z
  .object({
    id: z.string(),
    job: z.string(),
    startedBy: z.enum(['clock', 'hand']),
    startedAt: z.string(),
    finishedAt: z.string().nullable(),
    /** Lost: nobody has told its end for a quarter of an hour. */
    outcome: z.enum(['running', 'done', 'failed', 'lost']),
    counts: z.record(z.string(), z.number()).nullable(),
    error: z.string().nullable(),
    traceId: z.string().nullable(),
  })
  .meta({
    id: 'Run',
    examples: [
      {
        id: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90',
        job: 'redrive-dead-letters',
        startedBy: 'clock',
        startedAt: '2026-06-01T16:00:00.012345Z',
        finishedAt: '2026-06-01T16:00:00.312345Z',
        outcome: 'done',
        counts: { redriven: 3 },
        error: null,
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      },
    ],
  })
export type Run = z.infer<typeof Run>

/** Does a job and keeps in the history how it went; what the job throws is thrown on. */
export async function recorded(
  job: JobName,
  startedBy: Run['startedBy'],
  work: () => Promise<Counts>,
): Promise<Counts> {
  const traceId = currentScope()?.traceId ?? null
  const runId = await withJob((tx) => insertRun(tx, { job, startedBy, traceId }))
  try {
    const counts = await work()
    await finish(runId, { counts, error: null })
    return counts
  } catch (error) {
    await finish(runId, { counts: null, error: reasonOf(error) })
    throw error
  }
}

// The work is done or has failed either way: a history that cannot be written is only logged.
async function finish(runId: string, end: { counts: Counts | null; error: string | null }) {
  try {
    await withJob((tx) => finishRun(tx, runId, end))
  } catch (error) {
    log('warn', 'the end of a run is not kept', describeFault(error))
  }
}

// What a driver says may hold addresses and data: the log of the trace tells more.
function reasonOf(error: unknown): string {
  if (error instanceof StoreUnavailable) return `${error.store} does not answer`
  return error instanceof Error ? error.name : 'fault'
}
