import { readTenant, type Tx } from '../clients/postgres.ts'
import { moment, refusal } from '../metrics/question.ts'
import { paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import type { Settings } from '../venues/settings.ts'
import { readVenue } from '../venues/store.ts'
import type { Filter, KeptPage, KeptWhole, QuarantineQuery } from './schema.ts'
import { findKept, listKept } from './store.ts'

/** A page of a venue's quarantine, the latest first. */
export async function pageOfKept(venueId: string, query: QuarantineQuery): Promise<KeptPage> {
  const { limit, cursor, ...asked } = query
  return readTenant(venueId, async (tx) => {
    const filter = filterOf(asked, await settingsOf(tx, venueId))
    return paged(venueId, `quarantine ${JSON.stringify(asked)}`, { limit, cursor }, (page) =>
      listKept(tx, venueId, filter, page),
    )
  })
}

/** One row of a venue's quarantine whole, undefined where it has none of that id. */
export async function keptWhole(venueId: string, id: string): Promise<KeptWhole | undefined> {
  return isUuid(id) ? readTenant(venueId, (tx) => findKept(tx, venueId, id)) : undefined
}

export const settingsOf = async (tx: Tx, venueId: string): Promise<Settings> =>
  (await readVenue(tx, venueId)).settings

type Asked = Omit<Filter, 'from' | 'to'> & { from?: string | undefined; to?: string | undefined }

/** The filter with its moments in UTC; a date is a business day of the calendar. Refuses an empty time. */
export function filterOf(asked: Asked, settings: Settings): Filter {
  const at = (name: 'from' | 'to') => {
    const text = asked[name]
    return text === undefined ? null : new Date(moment(name, text, settings)).toISOString()
  }
  const [from, to] = [at('from'), at('to')]
  if (from !== null && to !== null && from >= to) throw refusal('to', 'must be after from')
  return { ...asked, from, to }
}
