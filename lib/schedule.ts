import middy from '@middy/core'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { describeFault, log } from './log.ts'

/** A job on a clock: `work` returns counts for the log line; a fault is logged and thrown on. */
export function schedule(work: (now: Date) => Promise<Record<string, number>>) {
  const handle = async (_event: ScheduledEvent, context: Context) => {
    const startedAt = Date.now()
    const told = () => ({
      function: context.functionName,
      requestId: context.awsRequestId,
      durationMs: Date.now() - startedAt,
    })
    try {
      const counts = await work(new Date(startedAt))
      log('info', 'job', { ...told(), ...counts })
      return counts
    } catch (error) {
      log('error', 'job', { ...told(), ...describeFault(error) })
      throw error
    }
  }
  return middy<ScheduledEvent, Record<string, number>>().handler(handle)
}
