type Receiver = { running: number; waiting: (() => void)[] }

/**
 * Lets so many pieces of work run at once for each receiver; others of that receiver wait, first come
 * first, those of others do not. Who is aborted while waiting throws the signal's reason.
 */
export function receiverTurns(atOnce: number) {
  const receivers = new Map<string, Receiver>()
  return async <T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted()
    const receiver = receivers.get(name) ?? { running: 0, waiting: [] }
    receivers.set(name, receiver)
    if (receiver.running < atOnce) receiver.running += 1
    else await turn(receiver, signal)
    try {
      return await work()
    } finally {
      const next = receiver.waiting.shift()
      if (next) next()
      else receiver.running -= 1
      if (receiver.running === 0) receivers.delete(name)
    }
  }
}

// Whoever ends hands the turn over, so that the number of those who run stays.
function turn({ waiting }: Receiver, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    const leave = () => {
      waiting.splice(waiting.indexOf(give), 1)
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    waiting.push(give)
  })
}
