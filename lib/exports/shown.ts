import { formatInstant } from '../time/zones.ts'
import type { Export, ExportWhole } from './schema.ts'
import type { Found } from './store.ts'

/** An export as everybody is told of it. */
export function shown({ question, error, objectKey, manifest, ...told }: Found): Export {
  const { from, to, calendar } = question
  return {
    ...told,
    from: formatInstant(from, calendar.timeZone),
    to: formatInstant(to, calendar.timeZone),
    tz: calendar.timeZone,
    ...(error && told.status === 'failed' && { error }),
  }
}

/** An export with what stands in its file. */
export const shownWhole = (found: Found): ExportWhole => ({
  ...shown(found),
  manifest: found.manifest,
})
