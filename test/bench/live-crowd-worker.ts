/** Holds sockets that are cut off when this process is killed. */
import { serve } from './children.ts'
import { takeSeats } from './live-seats.ts'

serve({
  takeSeats: async (seats: Parameters<typeof takeSeats>[0]) => void (await takeSeats(seats)),
})
