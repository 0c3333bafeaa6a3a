import * as z from 'zod'
import { formats } from '../exports/catalogue.ts'
import { Options, typeName } from '../exports/schema.ts'
import { zone } from '../metrics/question.ts'
import { filters } from '../metrics/table-schema.ts'
import { isUuid } from '../uuid.ts'
import { periods } from './period.ts'

const longestRule = 500
const mostRecipients = 50
const mostContactPoints = 10

const startsAt = z
  .string()
  .regex(/^20\d\d-\d\d-\d\d(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::00)?)?$/, {
    error: 'must be a local date (2026-06-01) or time (2026-06-01T07:00) of the years 2000 to 2099',
  })
  .refine((text) => isDate(text.slice(0, 10)), { error: 'is no date of the calendar' })
  .meta({
    description:
      'DTSTART by the clocks of the zone, from which INTERVAL and COUNT go on; the minute of the request where nothing is said',
    examples: ['2026-06-01T07:00'],
  })

const isDate = (text: string): boolean => {
  const at = Date.parse(text)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

const fields = {
  name: z.string().min(1).max(200),
  rule: z.string().min(1).max(longestRule).meta({
    description:
      'RRULE (RFC 5545): hourly at most, no more than 24 times a day, by the clocks of the zone',
  }),
  startsAt,
  tz: zone.nullable().meta({
    description: 'A time zone of the IANA list; null: the venue’s own, also when that changes',
  }),
  type: typeName,
  format: z.enum(formats),
  period: z.enum(periods).meta({
    description:
      'Business days, by when the run is due; of month_to_date and all the running day is the last',
  }),
  recipients: z
    .array(z.string().min(1).max(256))
    .max(mostRecipients)
    .refine((ids) => new Set(ids).size === ids.length, { error: 'names somebody twice' })
    .meta({ description: 'User ids; they are told on their own channels' }),
  contactPointIds: z
    .array(z.string().refine(isUuid, { error: 'must be the id of a contact point' }))
    .max(mostContactPoints)
    .refine((ids) => new Set(ids).size === ids.length, { error: 'names one twice' })
    .meta({
      description: 'Contact points of the venue that are told of the file, or of a failure',
    }),
  enabled: z.boolean(),
}

const example = {
  name: 'Yesterday’s sales',
  rule: 'FREQ=DAILY;BYHOUR=7;BYMINUTE=0',
  type: 'sales-daily',
  format: 'csv' as const,
  period: 'previous_day' as const,
  recipients: ['u-1'],
}

/** The body of POST V/report-schedules. */
export const NewSchedule = z
  .strictObject({
    ...fields,
    startsAt: startsAt.optional(),
    tz: fields.tz.default(null),
    filters,
    options: Options.prefault({}),
    recipients: fields.recipients.default([]),
    contactPointIds: fields.contactPointIds.default([]),
    enabled: fields.enabled.default(true),
  })
  .meta({ id: 'NewReportSchedule', examples: [example] })
export type NewSchedule = z.output<typeof NewSchedule>

/** The body of PATCH: what is left out stays as it is. */
export const ScheduleChange = z
  .strictObject({ ...fields, filters: filters.unwrap(), options: Options })
  .partial()
  .meta({ id: 'ReportScheduleChange', examples: [{ enabled: false }] })
export type ScheduleChange = z.output<typeof ScheduleChange>

/** What of a schedule somebody has said, whole. */
export type Wish = Required<NewSchedule>

const exampleOfRun = {
  id: '5f0f7c52-5d6f-4f5c-8f0a-6f5a3f2b1c0d',
  startedBy: 'clock' as const,
  askedBy: 'u-1',
  dueAt: '2026-06-02T11:00:00.000000Z',
  state: 'completed' as const,
  exportId: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90',
  reason: null,
  createdAt: '2026-06-02T11:00:31.012345Z',
  finishedAt: '2026-06-02T11:00:35.512345Z',
}

/** One run of a schedule. */
export const ReportRun = z
  .object({
    id: z.string(),
    startedBy: z.enum(['clock', 'hand']),
    askedBy: z.string(),
    dueAt: z.string(),
    /** Pending: no export is asked for yet. Refused: by what the owner may do no longer. */
    state: z.enum(['pending', 'requested', 'completed', 'failed', 'cancelled', 'refused']),
    exportId: z.string().nullable(),
    /** Why it failed or was refused; of one that is completed, that nobody was to hear of it. */
    reason: z.string().nullable(),
    createdAt: z.string(),
    finishedAt: z.string().nullable(),
  })
  .meta({ id: 'ReportRun', examples: [exampleOfRun] })
export type ReportRun = z.infer<typeof ReportRun>

export const ReportRunPage = z
  .object({ items: z.array(ReportRun), nextCursor: z.string().nullable() })
  .meta({ id: 'ReportRunPage' })

/** A schedule as it is told. */
export const Schedule = z
  .object({
    id: z.string(),
    ...fields,
    startsAt: z.string(),
    filters: filters.unwrap(),
    options: Options,
    createdBy: z.string(),
    createdAt: z.string(),
    /** Null where none is to come, or it is not enabled or paused. */
    nextRunAt: z.string().nullable(),
    lastRun: ReportRun.nullable(),
    /** Why the clock lets it be until somebody enables it again. */
    pausedReason: z.string().nullable(),
  })
  .meta({
    id: 'ReportSchedule',
    examples: [
      {
        ...{ id: '8a1c2f6e-0f6d-4c0b-9d59-5b0d3c1e7a11', ...example, startsAt: '2026-06-01T16:20' },
        ...{
          tz: null,
          filters: [],
          options: Options.parse({}),
          contactPointIds: [],
          enabled: true,
        },
        ...{ createdBy: 'u-1', createdAt: '2026-06-01T20:20:11.012345Z' },
        ...{ nextRunAt: '2026-06-03T11:00:00.000000Z', lastRun: exampleOfRun, pausedReason: null },
      },
    ],
  })
export type Schedule = z.infer<typeof Schedule>

export const SchedulePage = z
  .object({ items: z.array(Schedule), nextCursor: z.string().nullable() })
  .meta({ id: 'ReportSchedulePage' })
