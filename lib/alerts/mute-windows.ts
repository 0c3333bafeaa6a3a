import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { paged } from '../paging.ts'
import { stated } from '../stated.ts'
import { isUuid } from '../uuid.ts'
import { lockCount } from '../venues/limit-store.ts'
import type { MuteWindow, MuteWindowChange, NewMuteWindow } from './mute-window-schema.ts'
import {
  deleteMuteWindow,
  insertMuteWindow,
  listMuteWindows,
  lockMuteWindow,
  type Revised,
  updateMuteWindow,
} from './mute-window-store.ts'
import { refuseUnknownAlerts } from './named-alerts.ts'

const mostMuteWindows = 100

/** A page of the mute windows of a venue, the latest first. */
export async function pageOfMuteWindows(
  venueId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: MuteWindow[]; nextCursor: string | null }> {
  const { items, nextCursor } = await readTenant(venueId, (tx) =>
    paged(venueId, 'mute windows', page, (at) => listMuteWindows(tx, venueId, at)),
  )
  return { items: items.map(({ muteWindow }) => muteWindow), nextCursor }
}

/** One mute window; throws a Refusal where there is none. */
export const findMuteWindow = (venueId: string, id: string): Promise<Revised> =>
  readTenant(venueId, (tx) => told(tx, venueId, id))

/** Makes a mute window, once for each `onceId`. */
export const addMuteWindow = (
  venueId: string,
  { userId: createdBy, wish, onceId }: { userId: string; wish: NewMuteWindow; onceId: string },
): Promise<Revised> =>
  withTenant(venueId, async (tx) => {
    if ((await lockCount(tx, venueId, 'mute_windows', onceId)) >= mostMuteWindows) {
      const detail = `The venue has ${mostMuteWindows} mute windows: delete one first`
      throw new Refusal('unprocessable', detail)
    }
    await refuseUnknownAlerts(tx, venueId, wish.matchers)
    return told(tx, venueId, await insertMuteWindow(tx, venueId, { onceId, createdBy, wish }))
  })

/** Changes a mute window if it is still of the revision that `isCurrent` accepts. */
export const changeMuteWindow = (
  venueId: string,
  id: string,
  change: MuteWindowChange,
  isCurrent: (id: string, revision: number) => boolean,
): Promise<Revised> =>
  withTenant(venueId, async (tx) => {
    const revision = isUuid(id) ? await lockMuteWindow(tx, venueId, id) : undefined
    if (revision === undefined) throw noSuchMuteWindow()
    const { muteWindow: before } = await told(tx, venueId, id)
    if (!isCurrent(before.id, revision)) {
      throw new Refusal('precondition_failed', 'The mute window was changed since it was read')
    }
    const after = { ...before, ...stated(change) }
    if (after.from === after.to) {
      const message = 'to: must not be the time of from'
      throw new Refusal('bad_request', `The body is not right: ${message}`, [
        { path: 'to', code: 'custom', message },
      ])
    }
    await refuseUnknownAlerts(tx, venueId, change.matchers ?? [])
    await updateMuteWindow(tx, venueId, id, after)
    return told(tx, venueId, id)
  })

/** Deletes a mute window; what fires is told from then on. */
export const removeMuteWindow = (venueId: string, id: string): Promise<void> =>
  withTenant(venueId, async (tx) => {
    const wasThere = isUuid(id) && (await deleteMuteWindow(tx, venueId, id))
    if (!wasThere) throw noSuchMuteWindow()
  })

const noSuchMuteWindow = (): Refusal => new Refusal('not_found', 'There is no such mute window')

async function told(tx: Tx, venueId: string, id: string): Promise<Revised> {
  const [found] = isUuid(id)
    ? await listMuteWindows(tx, venueId, { after: null, limit: 1 }, id)
    : []
  if (!found) throw noSuchMuteWindow()
  return found.item
}
