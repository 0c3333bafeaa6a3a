import { turns } from '../../turns.ts'

type Receiver = { takeTurn: ReturnType<typeof turns>; here: number }

/**
 * Lets so many pieces of work run at once for each receiver; others of that receiver wait, first come
 * first, those of others do not. Who is aborted while waiting throws the signal's reason.
 */
export function receiverTurns(atOnce: number) {
  const receivers = new Map<string, Receiver>()
  return async <T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const receiver = receivers.get(name) ?? { takeTurn: turns(atOnce), here: 0 }
    receivers.set(name, receiver)
    receiver.here += 1
    try {
      return await receiver.takeTurn(work, signal)
    } finally {
      receiver.here -= 1
      if (receiver.here === 0) receivers.delete(name)
    }
  }
}
