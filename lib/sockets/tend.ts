import { withJob } from '../clients/postgres.ts'
import { turns } from '../turns.ts'
import { announceByClock } from './announce.ts'
import { watchedVenues } from './channel-store.ts'
import { goodbyeText } from './hand-over.ts'
import { hangUp, post } from './post.ts'
import { pruneConnections } from './store.ts'

const closedAtOnce = turns(50)

/**
 * Ends sockets that are silent, old or expired, and has every venue that is watched looked at: the
 * clock moves, and a message may have been lost. What is left of subscriptions goes with that look.
 */
export async function tendSockets(): Promise<Record<string, number>> {
  const ended = await withJob(pruneConnections)
  const now = new Date()
  await Promise.all(
    ended.map(({ connectionId, reason }) =>
      closedAtOnce(async () => {
        if ((await post(connectionId, goodbyeText(reason, now))) !== 'gone') {
          await hangUp(connectionId)
        }
      }),
    ),
  )
  const watched = await withJob(watchedVenues)
  await announceByClock(watched.map(({ venueId }) => venueId))
  return { ended: ended.length, watched: watched.length }
}
