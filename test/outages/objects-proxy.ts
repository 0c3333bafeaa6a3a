import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const kinds = ['put', 'create', 'part', 'complete', 'abort', 'delete', 'head', 'get'] as const
export type Ask = { kind: (typeof kinds)[number]; path: string }

/**
 * What becomes of a request: a status instead of an answer; a reset after a piece of its body; done,
 * and the answer lost; done when the promise settles, whoever has hung up meanwhile.
 */
export type Fate = number | 'cut' | 'unanswered' | Promise<unknown> | undefined

export type ObjectsProxy = Awaited<ReturnType<typeof objectsProxy>>

/**
 * An HTTP proxy in front of the object store, to be made the store of this process and its children
 * before the first object is asked for. It knows the uploads that were begun and not ended.
 */
export async function objectsProxy(target = new URL(process.env.AWS_ENDPOINT_URL ?? '')) {
  let judge: (ask: Ask) => Fate = () => undefined
  const uploads = new Set<string>()
  const asked: Ask[] = []
  const server = http.createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', target)
    const ask = { kind: kindOf(request.method ?? '', url.searchParams), path: url.pathname }
    asked.push(ask)
    const fate = judge(ask)
    if (fate === 'cut') {
      await Promise.race([once(request, 'data'), once(request, 'end')])
      return request.socket.resetAndDestroy()
    }
    const body = Buffer.concat(await request.toArray())
    if (typeof fate === 'number') {
      return response.writeHead(fate).end('<Error><Code>InternalError</Code></Error>')
    }
    await fate
    const answer = await passOn(request, body)
    note(ask, url, answer)
    if (fate === 'unanswered') return request.socket.resetAndDestroy()
    return response.writeHead(answer.status, answer.headers).end(answer.body)
  }

  async function passOn({ method, url, headers }: IncomingMessage, body: Buffer) {
    const { expect: _, ...kept } = headers
    const passed = http.request(new URL(url ?? '/', target), { method, headers: kept })
    passed.end(body)
    const [answer] = (await once(passed, 'response')) as [IncomingMessage]
    const text = Buffer.concat(await answer.toArray())
    return { status: answer.statusCode ?? 500, headers: answer.headers, body: text }
  }

  function note({ kind }: Ask, url: URL, { status, body }: { status: number; body: Buffer }) {
    if (status >= 300) return
    const [, begun] = /<UploadId>([^<]+)</.exec(body.toString()) ?? []
    if (kind === 'create' && begun) uploads.add(begun)
    if (kind === 'complete' || kind === 'abort') {
      uploads.delete(url.searchParams.get('uploadId') ?? '')
    }
  }

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.AWS_ENDPOINT_URL_S3 = url
  return {
    url,
    /** All that was asked of the store. */
    asked,
    /** Uploads that were begun and neither completed nor aborted. */
    open: () => [...uploads],
    /** From now on this is what becomes of requests; of all of them nothing where it is left out. */
    become(next: (ask: Ask) => Fate = () => undefined) {
      judge = next
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function kindOf(method: string, query: URLSearchParams): Ask['kind'] {
  if (method === 'POST') return query.has('uploads') ? 'create' : 'complete'
  if (method === 'PUT') return query.has('partNumber') ? 'part' : 'put'
  if (method === 'DELETE') return query.has('uploadId') ? 'abort' : 'delete'
  return method === 'HEAD' ? 'head' : 'get'
}

/** A promise and the way to settle it. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, open: () => resolve() }
}
