import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = { path: string; headers: IncomingHttpHeaders; body: string }

/** An HTTP server on loopback that keeps what it is sent and answers as told. */
export async function startSink(answer: (response: ServerResponse, nth: number) => void) {
  const received: Received[] = []
  const state = { connections: 0, most: 0, open: 0 }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    received.push({ path: request.url ?? '', headers: request.headers, body })
    answer(response, received.length)
  })
  server.on('connection', (socket) => {
    state.connections += 1
    state.open += 1
    state.most = Math.max(state.most, state.open)
    socket.on('close', () => {
      state.open -= 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    received,
    state,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
