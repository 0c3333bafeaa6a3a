import { once } from 'node:events'
import { createServer } from 'node:http'
import net, { type AddressInfo } from 'node:net'

type Listening = { address(): unknown; close(): unknown }
const portOf = (server: Listening): number => (server.address() as AddressInfo).port

/** A port of this machine at which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

/** A server that takes connections and never says a word. */
export async function silentServer() {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port: portOf(server), close }
}

/** Passes HTTP requests on to another address and keeps their bodies. */
export async function httpProxy(target: string) {
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    requests.push(body)
    const { host, connection, 'content-length': length, ...headers } = request.headers
    const { method } = request
    const answer = await fetch(new URL(request.url ?? '/', target), {
      method,
      headers: headers as Record<string, string>,
      ...(body && { body }),
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${portOf(server)}`, requests, close: () => server.close() }
}

/** Passes the wire of MongoDB on and keeps the names of the commands. */
export async function mongoProxy(uri: string) {
  const address = new URL(uri)
  const [host, port] = [address.hostname, Number(address.port)]
  const commands: string[] = []
  const server = net.createServer((client) => {
    const upstream = net.connect(port, host)
    let waiting: Buffer = Buffer.alloc(0)
    client.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= 16 && waiting.length >= waiting.readInt32LE(0)) {
        const length = waiting.readInt32LE(0)
        commands.push(commandOf(waiting.subarray(0, length)))
        waiting = waiting.subarray(length)
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => client.write(chunk))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address.port = String(portOf(server))
  return { uri: address.href, commands, close: () => server.close() }
}

// OP_MSG: header of 16 bytes, flags of 4, the kind of the section, a BSON document whose first
// element is the command: length of 4, type of 1, name up to a zero.
function commandOf(message: Buffer): string {
  const isMessage = message.readInt32LE(12) === 2013
  if (!isMessage) return 'handshake'
  const name = message.subarray(26)
  return name.subarray(0, name.indexOf(0)).toString()
}
