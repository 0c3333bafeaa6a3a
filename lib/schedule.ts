import middy from '@middy/core'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { describeFault, log } from './log.ts'
import { inTrace, newTrace } from './trace.ts'

/** A job on a clock: `work` returns counts for the log line; a fault is logged and thrown on. */
export function schedule(work: (now: Date) => Promise<Record<string, number>>) {
  const run = async () => {
    const startedAt = Date.now()
    const metrics = ['durationMs', 'redriven', 'archived', 'outboxDepth', 'failed'] as const
    try {
      const counts = await work(new Date(startedAt))
      log('info', 'job', { durationMs: Date.now() - startedAt, ...counts }, metrics)
      return counts
    } catch (error) {
      const told = { durationMs: Date.now() - startedAt, failed: 1, ...describeFault(error) }
      log('error', 'job', told, metrics)
      throw error
    }
  }
  const handle = (_event: ScheduledEvent, context: Context) => inTrace(newTrace(), context, run)
  return middy<ScheduledEvent, Record<string, number>>().handler(handle)
}
