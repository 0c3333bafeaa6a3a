import * as z from 'zod'
import { withJob } from '../clients/postgres.ts'
import { paged, pageFields } from '../paging.ts'
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

const jobs: Record<JobName, () => Promise<Counts>> = {
  aggregate: fanOut,
  'catch-up': catchUp,
  'redrive-dead-letters': redrive,
}

/** Runs a job now, beside its clock: each is safe to run twice at once. */
export const runJob = (job: JobName): Promise<Counts> => recorded(job, 'hand', jobs[job])

export const isJob = (name: string): name is JobName => Object.hasOwn(jobs, name)

/** A page of the runs of the last 30 days, the latest first. */
export async function pageOfRuns({ job, limit, cursor }: RunQuery): Promise<RunPage> {
  return withJob((tx) =>
    paged('', `job runs ${job ?? ''}`, { limit, cursor }, (page) =>
      listRuns(tx, job ?? null, page),
    ),
  )
}
