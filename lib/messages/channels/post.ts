import http from 'node:http'
import https from 'node:https'
import { config } from '../../config.ts'
import type { Outcome } from '../channel.ts'
import { outcomeOf } from './answered.ts'
import { receiverTurns } from './receiver-turns.ts'
import { AddressRefused, publicLookup, type Resolve, resolveName } from './resolve.ts'
import { isExcepted } from './web-address.ts'

/** How a post reaches its host; tests say otherwise. */
export type Wire = { allowed: readonly string[]; resolve: Resolve; timeoutMs: number }

const timeoutMs = 15_000
const patienceMs = 12_000
const postsAtOnce = 4
const bodyBytes = 1024
// What comes after the head changes nothing any more.
const bodyMs = 1000

const atReceiver = receiverTurns(postsAtOnce)

/** The wire of the configuration. */
export const ordinaryWire = (): Wire => ({
  allowed: config('webhooks').WEBHOOK_ALLOWED_HOSTS,
  resolve: resolveName,
  timeoutMs,
})

/**
 * Posts JSON to an address that was judged by its text; never throws. Not more than four posts to an
 * address run at once: one that is slow holds up its own messages, and no others of the same host.
 */
export async function postJson(
  address: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  wire: Wire,
): Promise<Outcome> {
  const url = new URL(address)
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  let isTurn = false
  try {
    return await atReceiver(url.href, waiting, async () => {
      isTurn = true
      const limited = AbortSignal.any([signal, AbortSignal.timeout(wire.timeoutMs)])
      return await exchange(url, body, headers, limited, wire)
    })
  } catch (error) {
    if (!isTurn) return { ...passing('too many messages wait for this receiver'), isUntried: true }
    if (signal.aborted) return passing('the sending was broken off')
    return failure(error as NodeJS.ErrnoException)
  }
}

function exchange(
  url: URL,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  { allowed, resolve: resolveHost }: Wire,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const { request } = url.protocol === 'http:' ? http : https
    const outgoing = request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Turnout',
        ...headers,
      },
      // A connection for this message alone: one that is kept was judged long ago.
      agent: false,
      signal,
      ...(isExcepted(url, allowed) ? {} : { lookup: publicLookup(resolveHost) }),
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      excerptOf(response).then((excerpt) => {
        const { statusCode = 0, headers: answered } = response
        resolve(outcomeOf(statusCode, answered['retry-after'], excerpt, new Date()))
      })
    })
    outgoing.end(body)
  })
}

/** The first KB of an answer; then the connection is closed, whatever would have come. */
function excerptOf(response: http.IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const end = () => {
      clearTimeout(timer)
      response.destroy()
      resolve(Buffer.concat(chunks).subarray(0, bodyBytes).toString('utf8'))
    }
    const timer = setTimeout(end, bodyMs)
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, bodyBytes - length))
      length += chunk.length
      if (length >= bodyBytes) end()
    })
    for (const over of ['end', 'error', 'close']) response.on(over, end)
  })
}

const passing = (reason: string) => ({ ok: false as const, isPassing: true, reason })

function failure(error: NodeJS.ErrnoException): Outcome {
  if (error instanceof AddressRefused) {
    return { ok: false, isPassing: false, reason: error.message }
  }
  const isLate = error.name === 'TimeoutError' || error.name === 'AbortError'
  if (isLate) return passing('the receiver did not answer in time')
  return passing(`the receiver was not reached (${error.code ?? error.name})`)
}
