/**
 * Lets so many pieces of work run at once; the others wait for their turn, first come first. Who is
 * aborted while waiting throws the signal's reason.
 */
export function turns(atOnce: number) {
  let free = atOnce
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    signal?.throwIfAborted()
    if (free > 0) free -= 1
    else await turn(waiting, signal)
    try {
      return await work()
    } finally {
      // Whoever ends hands the turn over, so that the number of those who run stays.
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}

function turn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    }
    const leave = () => {
      waiting.splice(waiting.indexOf(give), 1)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    waiting.push(give)
  })
}
