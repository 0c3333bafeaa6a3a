import { describeFault, log } from '../log.ts'
import { announce } from '../sockets/announce.ts'

/** The socket's channel of an export. */
export const channelOf = (venueId: string, exportId: string): string =>
  `venue:${venueId}:export:${exportId}`

/** Announces how an export ended. Never throws: the row says it, whoever hears it. */
export async function tellEnd(
  venueId: string,
  told: {
    id: string
    status: 'pending' | 'completed' | 'failed' | 'cancelled'
    progress?: number
    rows?: number
    bytes?: number
  },
): Promise<void> {
  try {
    await announce(venueId, channelOf(venueId, told.id), told)
  } catch (error) {
    log('warn', 'the end of an export is not announced', {
      venue: venueId,
      ...describeFault(error),
    })
  }
}
