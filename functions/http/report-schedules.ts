import * as z from 'zod'
import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { pageFields } from '../../lib/paging.ts'
import {
  addSchedule,
  changeSchedule,
  type Revised,
  removeSchedule,
} from '../../lib/report-schedules/change.ts'
import { pageOfRuns, pageOfSchedules, scheduleWhole } from '../../lib/report-schedules/list.ts'
import { runNow } from '../../lib/report-schedules/run-now.ts'
import {
  NewSchedule,
  ReportRun,
  ReportRunPage,
  Schedule,
  ScheduleChange,
  SchedulePage,
} from '../../lib/report-schedules/schema.ts'
import { sealedTag, withoutSeals } from '../../lib/sealed-tag.ts'

const nameOf = (id: string, revision: number): string => `report-schedule-${id}-${revision}`

// Its runs are told with it: the tag of a read names both, and a change depends on the first alone.
const answerOf = ({ schedule, revision }: Revised, more = {}, status = 200): Answer => {
  const etag = sealedTag(nameOf(schedule.id, revision), schedule)
  return new Answer(status, schedule, { etag, ...more })
}

const routes = {
  'GET /v1/venues/{venueId}/report-schedules': route(
    {
      access: 'analyst',
      summary: 'Reports that come by themselves',
      query: z.strictObject(pageFields),
      response: SchedulePage,
      description: 'An analyst sees those of their own, who manages the venue all of them.',
    },
    ({ venueId, caller, query }) => pageOfSchedules(venueId, caller, query),
  ),

  'POST /v1/venues/{venueId}/report-schedules': route(
    {
      access: 'analyst',
      summary: 'Have a report come by itself',
      body: NewSchedule,
      response: Schedule,
      status: 201,
      refuses: ['unprocessable'],
      description:
        'At each time of the rule an export is asked for, once, as the one who made the schedule and as long as they may. A time that a zone skips runs after the gap, one that comes twice runs once; of times that were missed the latest runs. At most 100 for a venue.',
    },
    async ({ venueId, caller, body, now, onceId }) => {
      const made = await addSchedule(venueId, caller, body, { now, onceId })
      const location = `/v1/venues/${venueId}/report-schedules/${made.schedule.id}`
      return answerOf(made, { location }, 201)
    },
  ),

  'GET /v1/venues/{venueId}/report-schedules/{scheduleId}': route(
    { access: 'analyst', summary: 'One report that comes by itself', response: Schedule },
    async ({ venueId, caller, params }) =>
      answerOf(await scheduleWhole(venueId, caller, params.scheduleId ?? '')),
  ),

  'PATCH /v1/venues/{venueId}/report-schedules/{scheduleId}': route(
    {
      access: 'analyst',
      summary: 'Change a report that comes by itself',
      body: ScheduleChange,
      response: Schedule,
      refuses: ['unprocessable'],
      description: 'What is left out stays. `enabled: true` ends a pause.',
    },
    async ({ venueId, caller, params, body: change, ifMatch, now }) => {
      const isCurrent = (id: string, revision: number) =>
        matches(withoutSeals(ifMatch), `"${nameOf(id, revision)}"`)
      const asked = { change, isCurrent, now }
      return answerOf(await changeSchedule(venueId, caller, params.scheduleId ?? '', asked))
    },
  ),

  'POST /v1/venues/{venueId}/report-schedules/{scheduleId}/run': route(
    {
      access: 'analyst',
      summary: 'Run a report now',
      response: ReportRun,
      status: 202,
      description:
        'Beside its times and whether it is enabled or not. `Location` names the export.',
    },
    async ({ venueId, caller, params, now, onceId }) => {
      const run = await runNow(venueId, caller, params.scheduleId ?? '', { now, onceId })
      const location = run.exportId && `/v1/venues/${venueId}/exports/${run.exportId}`
      return new Answer(202, run, { ...(location && { location }) })
    },
  ),

  'GET /v1/venues/{venueId}/report-schedules/{scheduleId}/runs': route(
    {
      access: 'analyst',
      summary: 'What became of a report',
      query: z.strictObject(pageFields),
      response: ReportRunPage,
      description: 'The runs of the last 400 days.',
    },
    ({ venueId, caller, params, query }) =>
      pageOfRuns(venueId, caller, params.scheduleId ?? '', query),
  ),

  'DELETE /v1/venues/{venueId}/report-schedules/{scheduleId}': route(
    {
      access: 'analyst',
      summary: 'Have a report come no longer',
      response: z.undefined(),
      status: 204,
      description: 'Its history goes with it; the exports stay.',
    },
    async ({ venueId, caller, params }) => {
      await removeSchedule(venueId, caller, params.scheduleId ?? '')
      return new Answer(204, undefined)
    },
  ),
}

export const handler = http(routes, once)
