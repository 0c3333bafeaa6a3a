/** node test/crash/clock.ts: the schedules of serverless.yml, each second instead of each minute. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { handler as catchUp } from '../../functions/schedule/catch-up.ts'
import { handler as redrive } from '../../functions/schedule/redrive-dead-letters.ts'
import { obey } from './dying.ts'
import type { News } from './points.ts'

const event = {} as ScheduledEvent
const context = { functionName: 'clock', awsRequestId: 'crash' } as Context
const { stopping } = obey()

while (!stopping.aborted) {
  // A job that fails is logged by its wrapper and tried again by the next tick.
  await catchUp(event, context).catch(() => {})
  await redrive(event, context).catch(() => {})
  process.send?.({ done: 0 } satisfies News)
  await sleep(1000)
}
process.exit()
