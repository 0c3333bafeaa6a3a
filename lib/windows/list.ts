import { readTenant } from '../clients/postgres.ts'
import { moment, refusal } from '../metrics/question.ts'
import { listOf, paged } from '../paging.ts'
import { formatInstant } from '../time/zones.ts'
import { readVenue } from '../venues/store.ts'
import type { WindowPage, WindowQuery } from './schema.ts'
import { listWindows } from './store.ts'

/** A page of a venue's windows of one tier that begin in a time, in their order. */
export async function pageOfWindows(venueId: string, query: WindowQuery): Promise<WindowPage> {
  return readTenant(venueId, async (tx) => {
    const { settings } = await readVenue(tx, venueId)
    const { timeZone } = settings
    const at = (name: 'from' | 'to') => {
      const text = query[name]
      return text === undefined ? null : new Date(moment(name, text, settings)).toISOString()
    }
    const [from, to] = [at('from'), at('to')]
    if (from !== null && to !== null && from >= to) throw refusal('to', 'must be after from')
    const asked = { tier: query.tier, from, to }
    return paged(venueId, listOf('windows', query), query, async (page) => {
      const rows = await listWindows(tx, venueId, asked, page)
      return rows.map(({ start, end, currency, numbers, computedAt, ...rest }) => ({
        item: {
          ...rest,
          start: formatInstant(start.getTime(), timeZone),
          end: formatInstant(end.getTime(), timeZone),
          currency: currency || null,
          numbers: Object.fromEntries(
            Object.entries(numbers).filter((entry): entry is [string, number] => entry[1] !== null),
          ),
          computedAt: computedAt.toISOString(),
        },
        position: `${start.toISOString()} ${currency}`,
      }))
    })
  })
}
