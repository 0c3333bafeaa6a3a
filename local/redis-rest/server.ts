/**
 * node redis-rest/server.ts PORT [REDIS-URL]: the REST protocol of Upstash in front of a Redis, or
 * of an imitation in memory when no address is given. The token comes as TOKEN.
 */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Backend, type Command, mockBackend, redisBackend } from './commands.ts'

const [port, url] = process.argv.slice(2)
const token = Buffer.from(process.env.TOKEN ?? '')
const backend: Backend = url ? redisBackend(url) : mockBackend()

createServer((request, response) => {
  answer(request, response).catch((error: Error) => send(response, 400, { error: error.message }))
}).listen(Number(port), '127.0.0.1')

async function answer(request: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (!isAuthorized(request, searchParams)) {
    return send(response, 401, { error: 'WRONGPASS invalid or missing auth token' })
  }
  const encode = request.headers['upstash-encoding'] === 'base64' ? toBase64 : (x: unknown) => x
  const parts = pathname.split('/').filter(Boolean).map(decodeURIComponent)
  const [door = '', ...channels] = parts
  if (door === 'subscribe' || door === 'psubscribe') return subscribe(response, door, channels)
  const body = await readBody(request)
  if (door === 'pipeline') return send(response, 200, await pipeline(commandsOf(body), encode))
  if (door === 'multi-exec') {
    const outcomes = await backend.transaction(commandsOf(body))
    return send(
      response,
      200,
      outcomes.map((each) => ('error' in each ? each : { result: encode(each.result) })),
    )
  }
  const command = parts.length > 0 ? [...parts, ...(body === undefined ? [] : [body])] : body
  if (!Array.isArray(command) || command.length === 0) throw new Error('ERR empty command')
  send(response, 200, { result: encode(await backend.run(command)) })
}

function isAuthorized({ headers }: IncomingMessage, query: URLSearchParams) {
  const given = headers.authorization?.replace(/^Bearer /i, '') ?? query.get('_token') ?? ''
  const bytes = Buffer.from(given)
  return bytes.length === token.length && timingSafeEqual(bytes, token)
}

// Sent to the server at once and in this order: ioredis puts them into one write.
const pipeline = (commands: Command[], encode: (reply: unknown) => unknown) =>
  Promise.all(
    commands.map((command) =>
      backend.run(command).then(
        (reply) => ({ result: encode(reply) }),
        (error: Error) => ({ error: error.message }),
      ),
    ),
  )

function commandsOf(body: unknown): Command[] {
  if (Array.isArray(body) && body.every(Array.isArray)) return body
  throw new Error('ERR expected an array of commands')
}

async function subscribe(
  response: ServerResponse,
  kind: 'subscribe' | 'psubscribe',
  channels: string[],
) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  const write = (text: string) => response.write(`data: ${text}\n\n`)
  const subscriber = backend.subscriber()
  subscriber.on('error', () => response.end())
  subscriber.on('message', (channel: string, text: string) => write(`message,${channel},${text}`))
  subscriber.on('pmessage', (pattern: string, channel: string, text: string) =>
    write(`pmessage,${pattern},${channel},${text}`),
  )
  response.on('close', () => subscriber.disconnect())
  await subscriber[kind](...channels)
  write(`${kind},${channels[0]},1`)
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  if (!text) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('ERR failed to parse body')
  }
}

function toBase64(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(toBase64)
  // The client leaves this one word alone.
  if (typeof reply !== 'string' || reply === 'OK') return reply
  return Buffer.from(reply).toString('base64')
}

function send(response: ServerResponse, status: number, body: unknown) {
  if (response.headersSent) return response.end()
  response.writeHead(status, { 'content-type': 'application/json', 'upstash-sync-token': '0' })
  response.end(JSON.stringify(body))
}
