import { withTenant } from '../clients/postgres.ts'
import { Refusal, StoreUnavailable } from '../errors.ts'
import { enqueueReplays } from '../events/queue.ts'
import { finalCodes } from './codes.ts'
import { filterOf, settingsOf } from './list.ts'
import type { Kept, Replayed, ReplayRequest } from './schema.ts'
import { claim, countOpen, listKept, release } from './store.ts'

const most = { rows: 1000, bytes: 8_000_000 }

/**
 * Sends quarantined events of a venue through the queue again, where they are opened and counted
 * like any other; the transaction that counts one, or refuses it again, also sets the state of its
 * row. Throws StoreUnavailable('queue'), and then what was not sent is kept as before.
 */
export async function replay(venueId: string, asked: ReplayRequest): Promise<Replayed> {
  const why = asked.code && finalCodes[asked.code]
  if (why) {
    const issue = { path: 'code', code: asked.code ?? '', message: why }
    throw new Refusal('unprocessable', `These events cannot be replayed: ${why}`, [issue])
  }
  const taken = await withTenant(venueId, async (tx) => {
    const filter = filterOf(asked, await settingsOf(tx, venueId))
    const claims = await claim(tx, venueId, filter, most)
    const remaining = await countOpen(tx, venueId, filter)
    const ids = asked.ids?.filter((id) => !claims.some((one) => one.quarantineId === id))
    const page = { after: null, limit: most.rows }
    const everywhen = { ids, from: null, to: null }
    const others = ids?.length ? await listKept(tx, venueId, everywhen, page) : []
    return { claims, remaining, ids: ids ?? [], others: others.map(({ item }) => item) }
  })
  const unsent = await enqueueReplays(taken.claims)
  if (unsent.length > 0) {
    await withTenant(venueId, (tx) => release(tx, venueId, unsent))
    throw new StoreUnavailable('queue', new Error(`${unsent.length} replays were not taken`))
  }
  const refused = taken.ids.map((id) => ({ id, ...whyNot(taken.others.find((o) => o.id === id)) }))
  return { replayed: taken.claims.length, remaining: taken.remaining, refused }
}

function whyNot(kept: Kept | undefined): { code: string; message: string } {
  if (!kept) return { code: 'not_found', message: 'There is no such event in quarantine.' }
  const { code, state, replayable } = kept
  if (state === 'counted') return { code: state, message: 'A replay has counted it already.' }
  if (state === 'replaying') return { code: state, message: 'A replay of it is on its way.' }
  const final = finalCodes[code]
  if (final) return { code, message: final }
  if (!replayable) return { code: 'too_large', message: finalCodes.too_large ?? '' }
  return { code: 'filtered', message: 'The filters leave it out.' }
}
