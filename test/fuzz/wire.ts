import http from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { Answered, Asked } from '../support/http.ts'
import type { System } from './system.ts'

/** An answer as it came over the wire. What the gateway itself refused bears no id of a request. */
export type Heard = Answered & { isOfGateway: boolean; ms: number }

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })

/**
 * Sends a request as a client does; undefined for one that no client of HTTP can send. Rejects when
 * there is no answer in time, or none at all.
 */
export async function overHttp(
  system: System,
  key: string,
  asked: Asked,
  patienceMs: number,
): Promise<Heard | undefined> {
  const [method = 'GET', template = ''] = key.split(' ')
  const path = addressOf(template, asked)
  const token = typeof asked.caller === 'object' && asked.caller ? await system.tokenFor(asked.caller) : '' // biome-ignore format: one step
  const headers = { ...asked.headers, ...(token && { authorization: `Bearer ${token}` }) }
  if (!canTravel(headers)) return undefined
  const body = asked.body as string | Buffer | undefined
  const startedAt = performance.now()
  const { response, bytes } = await exchange(system, { method, path, headers }, body, patienceMs)
  const ms = performance.now() - startedAt
  const answerHeaders = response.headers as Record<string, string>
  const isPacked = answerHeaders['content-encoding'] === 'gzip' && bytes.length > 0
  const text = (isPacked ? gunzipSync(bytes) : bytes).toString()
  const isJson = /json/.test(answerHeaders['content-type'] ?? '')
  return {
    status: response.statusCode ?? 0,
    headers: answerHeaders,
    body: text && isJson ? JSON.parse(text) : text || undefined,
    text,
    isOfGateway: answerHeaders['x-request-id'] === undefined,
    ms,
  }
}

function addressOf(template: string, { params = {}, query = {} }: Asked): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encoded(params[name] ?? ''))
  const asked = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
  return asked.length > 0 ? `${path}?${asked.join('&')}` : path
}

// Half a surrogate pair has no bytes in UTF-8; its three bytes are sent all the same.
const encoded = (text: string): string =>
  [...text].map((char) => (char.isWellFormed() ? encodeURIComponent(char) : '%ED%A0%80')).join('')

function canTravel(headers: Record<string, string>): boolean {
  try {
    for (const [name, value] of Object.entries(headers)) http.validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

function exchange(
  system: System,
  told: http.RequestOptions,
  body: string | Buffer | undefined,
  patienceMs: number,
) {
  return new Promise<{ response: http.IncomingMessage; bytes: Buffer }>((resolve, reject) => {
    const { hostname, port } = new URL(system.http)
    const signal = AbortSignal.timeout(patienceMs)
    const request = http.request({ ...told, hostname, port, agent, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ response, bytes: Buffer.concat(chunks) }))
    })
    request.on('error', reject)
    request.end(body)
  })
}
