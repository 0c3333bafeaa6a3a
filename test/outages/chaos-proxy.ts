import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What a network does to a store:
 * - `pass`: nothing;
 * - `away`: connections are refused, open ones are reset;
 * - `silent`: connections are taken and never answered; all that it meets stay dead after it;
 * - `slow`: every answer comes `ms` later;
 * - `resets`: a connection is reset when it has brought `afterBytes` of answers;
 * - `trickle`: answers come at `bytesPerSecond`.
 */
export type Weather =
  | { kind: 'pass' | 'away' | 'silent' }
  | { kind: 'slow'; ms: number }
  | { kind: 'resets'; afterBytes: number }
  | { kind: 'trickle'; bytesPerSecond: number }

export type ChaosProxy = {
  port: number
  /** The address of the store, by way of the proxy. */
  through(url: string): string
  /** Changes the weather for open connections and for new ones. */
  become(weather: Weather): Promise<void>
  close(): Promise<void>
}

type Pair = { client: net.Socket; store: net.Socket; isDead: boolean; answered: number }

const pieceMs = 100

/** A TCP proxy on this machine in front of a store, in good weather until told otherwise. */
export async function chaosProxy(target: { host: string; port: number }): Promise<ChaosProxy> {
  const pairs = new Set<Pair>()
  let weather: Weather = { kind: 'pass' }
  let server = await listen(0)
  const { port } = server.address() as AddressInfo

  async function listen(at: number) {
    const listening = net.createServer({ allowHalfOpen: true }, accept)
    listening.listen(at, '127.0.0.1')
    await once(listening, 'listening')
    return listening
  }

  function accept(client: net.Socket) {
    const store = net.connect({ ...target, allowHalfOpen: true })
    const pair: Pair = { client, store, isDead: weather.kind === 'silent', answered: 0 }
    pairs.add(pair)
    client.setNoDelay(true)
    store.setNoDelay(true)
    // Answers keep their order, however late each is.
    let lastAnswer: Promise<void> = Promise.resolve()
    const later = (due: number, work: () => void | Promise<void>) => {
      lastAnswer = lastAnswer
        .then(() => sleep(Math.max(0, due - Date.now()), undefined, { ref: false }))
        .then(work)
    }
    client.on('data', (chunk) => pair.isDead || store.write(chunk))
    client.on('end', () => pair.isDead || store.end())
    store.on('data', (chunk) => {
      if (pair.isDead) return
      const due = Date.now() + (weather.kind === 'slow' ? weather.ms : 0)
      later(due, () => answer(pair, chunk))
    })
    store.on('end', () => pair.isDead || later(Date.now(), () => void client.end()))
    for (const [one, other] of [
      [client, store],
      [store, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => {
        // In silence nobody learns of the other's end.
        if (weather.kind === 'silent') return
        later(Date.now(), () => void other.destroy())
        pairs.delete(pair)
      })
    }
  }

  async function answer(pair: Pair, chunk: Buffer) {
    const { client } = pair
    if (weather.kind === 'trickle') return trickle(pair, chunk, weather.bytesPerSecond)
    pair.answered += chunk.length
    if (weather.kind !== 'resets' || pair.answered <= weather.afterBytes) {
      if (!pair.isDead) client.write(chunk)
      return
    }
    client.write(
      chunk.subarray(0, Math.max(0, chunk.length - (pair.answered - weather.afterBytes))),
    )
    cut(pair)
  }

  async function trickle(pair: Pair, chunk: Buffer, bytesPerSecond: number) {
    const size = Math.max(1, Math.round((bytesPerSecond * pieceMs) / 1000))
    // Piece after piece: that is what a trickle is.
    for (let at = 0; at < chunk.length && !pair.client.destroyed; at += size) {
      pair.client.write(chunk.subarray(at, at + size))
      await sleep(pieceMs)
    }
  }

  return {
    port,
    through(url) {
      const address = new URL(url)
      address.hostname = '127.0.0.1'
      address.port = String(port)
      return address.href
    },
    async become(next) {
      const before = weather
      weather = next
      if (next.kind === 'away' && before.kind !== 'away') {
        server.close()
        for (const pair of pairs) cut(pair)
      }
      if (next.kind !== 'away' && before.kind === 'away') server = await listen(port)
      if (next.kind === 'silent') for (const pair of pairs) pair.isDead = true
      if (before.kind !== 'silent' || next.kind === 'silent') return
      // The ends that were not heard of.
      for (const pair of pairs) {
        if (pair.client.closed || pair.store.closed) cut(pair)
      }
    },
    async close() {
      weather = { kind: 'pass' }
      for (const pair of pairs) cut(pair)
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }

  function cut(pair: Pair) {
    pairs.delete(pair)
    pair.client.resetAndDestroy()
    pair.store.destroy()
  }
}
