import * as z from 'zod'
import { describeTypes } from '../../lib/exports/describe.ts'
import { download } from '../../lib/exports/download.ts'
import { cancel, remove } from '../../lib/exports/end.ts'
import { findExport, pageOfExports } from '../../lib/exports/list.ts'
import { requestExport } from '../../lib/exports/request.ts'
import {
  Export,
  ExportPage,
  ExportQuery,
  ExportTypes,
  ExportWhole,
  Link,
  NewExport,
} from '../../lib/exports/schema.ts'
import { shownWhole } from '../../lib/exports/shown.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'

const routes = {
  'GET /v1/export-types': route(
    {
      access: 'token',
      summary: 'What can be exported: types, their columns and what these mean',
      response: ExportTypes,
    },
    async () => describeTypes(),
  ),

  'GET /v1/venues/{venueId}/exports': route(
    {
      access: 'analyst',
      summary: 'Exports: an analyst’s own, all of the venue for a manager',
      query: ExportQuery,
      response: ExportPage,
    },
    ({ venueId, caller, query }) => pageOfExports(venueId, caller, query),
  ),

  'POST /v1/venues/{venueId}/exports': route(
    {
      access: 'analyst',
      summary: 'Export to a file',
      body: NewExport,
      response: Export,
      status: 202,
      refuses: ['unprocessable', 'rate_limited'],
      description:
        'The file is of one moment, `asOf`: asked again with the same one it has the same bytes. It is complete or `failed`, never cut. `Location` names the export. CSV and XLSX tell money in major units, the others in minor units.',
    },
    async ({ venueId, caller, body, onceId }) => {
      const asked = { createdBy: caller.userId, body, onceId }
      const told = await requestExport(venueId, asked)
      return new Answer(202, told, { location: `/v1/venues/${venueId}/exports/${told.id}` })
    },
  ),

  'GET /v1/venues/{venueId}/exports/{exportId}': route(
    {
      access: 'analyst',
      summary: 'How far an export is, and what stands in its file',
      response: ExportWhole,
    },
    async ({ venueId, caller, params }) =>
      shownWhole(await findExport(venueId, caller, params.exportId ?? '')),
  ),

  'POST /v1/venues/{venueId}/exports/{exportId}/download': route(
    {
      access: 'analyst',
      summary: 'A link to the file, good for 15 minutes',
      response: Link,
      refuses: ['conflict', 'gone'],
    },
    ({ venueId, caller, params, now }) => download(venueId, caller, params.exportId ?? '', now),
  ),

  'POST /v1/venues/{venueId}/exports/{exportId}/cancel': route(
    {
      access: 'analyst',
      summary: 'End an export that waits or runs',
      response: Export,
      refuses: ['conflict'],
    },
    ({ venueId, caller, params }) => cancel(venueId, caller, params.exportId ?? ''),
  ),

  'DELETE /v1/venues/{venueId}/exports/{exportId}': route(
    {
      access: 'analyst',
      summary: 'Delete an export and its file',
      response: z.null(),
      status: 204,
    },
    ({ venueId, caller, params }) => remove(venueId, caller, params.exportId ?? ''),
  ),
}

export const handler = http(routes, once)
