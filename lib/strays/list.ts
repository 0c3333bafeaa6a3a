import { withJob } from '../clients/postgres.ts'
import { paged } from '../paging.ts'
import { filterOf } from '../quarantine/list.ts'
import { isUuid } from '../uuid.ts'
import { defaultSettings } from '../venues/settings.ts'
import type { StrayPage, StrayQuery, StrayWhole } from './schema.ts'
import { findStray, listStrays } from './store.ts'

/** A page of the messages in which no venue can be read, the latest first. */
export async function pageOfStrays({ limit, cursor, ...asked }: StrayQuery): Promise<StrayPage> {
  const filter = filterOf(asked, defaultSettings)
  const name = `strays ${JSON.stringify(asked)}`
  return withJob((tx) => paged('', name, { limit, cursor }, (page) => listStrays(tx, filter, page)))
}

/** One of them whole, undefined where there is none of that id. */
export async function strayWhole(id: string): Promise<StrayWhole | undefined> {
  return isUuid(id) ? withJob((tx) => findStray(tx, id)) : undefined
}
