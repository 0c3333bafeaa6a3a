import * as z from 'zod'
import { checkAlerts } from '../alerts/check.ts'
import { fanOutAudits } from '../audit/fan-out.ts'
import { sweepCarts } from '../carts/sweep.ts'
import { withJob } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { tendExports } from '../exports/tend.ts'
import { tendMessages } from '../messages/tend.ts'
import { paged, pageFields } from '../paging.ts'
import { runDueReports } from '../report-schedules/run-due.ts'
import { sweepAll } from '../retention/nightly.ts'
import { tendSockets } from '../sockets/tend.ts'
import { fanOut } from '../windows/fan-out.ts'
import { catchUp } from './catch-up.ts'
import { type Counts, type JobName, jobNames, Run, recorded } from './history.ts'
import { redrive } from './redrive.ts'
import { listRuns } from './store.ts'

export const RunQuery = z.strictObject({
  job: z.enum(jobNames).meta({ description: 'Of this job alone' }).optional(),
  ...pageFields,
})
export type RunQuery = z.infer<typeof RunQuery>

export const RunPage = z
  .object({ items: z.array(Run), nextCursor: z.string().nullable() })
  .meta({ id: 'RunPage' })
export type RunPage = z.infer<typeof RunPage>

export const RunAsked = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: 'Of `retention` alone: count what would be deleted' }),
})

/** Who runs a job by hand waits for its answer; the clock's next run goes on. */
const mostMs = 20_000

const jobs: Record<JobName, (now: Date, isDryRun: boolean) => Promise<Counts>> = {
  aggregate: fanOut,
  audit: fanOutAudits,
  'cart-abandonment': () => sweepCarts(new Date()),
  'catch-up': catchUp,
  'check-alerts': checkAlerts,
  'redrive-dead-letters': redrive,
  'report-schedules': runDueReports,
  retention: (now, isDryRun) => sweepAll(now, { isDryRun, endsAt: performance.now() + mostMs }),
  'tend-exports': tendExports,
  'tend-messages': tendMessages,
  'tend-sockets': tendSockets,
}

/**
 * Runs a job now, beside its clock: each is safe to run twice at once. Throws a Refusal for a dry
 * run of a job that has none.
 */
export async function runJob(job: JobName, now: Date, isDryRun = false): Promise<Counts> {
  if (!isDryRun) return recorded(job, 'hand', () => jobs[job](now, false))
  if (job !== 'retention') {
    throw new Refusal('bad_request', `The job ${job} has no dry run`, [
      { path: 'dryRun', code: 'custom', message: `dryRun: ${job} has none` },
    ])
  }
  // No run of the job: the history tells of what was done.
  return jobs[job](now, true)
}

export const isJob = (name: string): name is JobName => Object.hasOwn(jobs, name)

/** A page of the runs of the last 90 days, the latest first. */
export async function pageOfRuns({ job, limit, cursor }: RunQuery): Promise<RunPage> {
  return withJob((tx) =>
    paged('', `job runs ${job ?? ''}`, { limit, cursor }, (page) =>
      listRuns(tx, job ?? null, page),
    ),
  )
}
