import { turns } from '../../lib/turns.ts'
import { until } from './live-system.ts'
import { type Place, type Watcher, watch } from './live-watcher.ts'

export type Seat = Place & { venueId: string; channel: string; foreign: string }

const atOnce = turns(10)

/** Opens a socket for each seat, which listens to its channel and asks for one of another venue. */
export const takeSeats = (seats: Seat[]): Promise<Watcher[]> =>
  Promise.all(
    seats.map((seat) =>
      atOnce(async () => {
        const watcher = watch(seat, [seat.channel])
        await until('a seat is taken', watcher.isSubscribed)
        watcher.ask(seat.foreign)
        await until('the other venue is refused', () => watcher.errors.length > 0)
        return watcher
      }),
    ),
  )
