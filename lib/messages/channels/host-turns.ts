type Host = { running: number; waiting: (() => void)[] }

/**
 * Lets so many pieces of work run at once for each host; others of that host wait, first come
 * first, those of other hosts do not. Who is aborted while waiting throws the signal's reason.
 */
export function hostTurns(atOnce: number) {
  const hosts = new Map<string, Host>()
  return async <T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted()
    const host = hosts.get(name) ?? { running: 0, waiting: [] }
    hosts.set(name, host)
    if (host.running < atOnce) host.running += 1
    else await turn(host, signal)
    try {
      return await work()
    } finally {
      const next = host.waiting.shift()
      if (next) next()
      else host.running -= 1
      if (host.running === 0) hosts.delete(name)
    }
  }
}

// Whoever ends hands the turn over, so that the number of those who run stays.
function turn({ waiting }: Host, signal: AbortSignal): Promise<void> {
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
