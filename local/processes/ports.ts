import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const names = [
  'http',
  'websocket',
  'lambda',
  'aws',
  'postgres',
  'mongo',
  'documentdb',
  'redis',
  'redisRest',
  'jwks',
  'mail',
] as const

type Name = (typeof names)[number]
export type Ports = Record<Name, number>

/** Ports above 1023 that no fetch connects to: https://fetch.spec.whatwg.org/#port-blocking */
const blocked = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
  6679, 6697, 10080,
])

/** The ports that are ours even when the stores run elsewhere. */
export const ownPorts: Name[] = ['http', 'websocket', 'lambda', 'jwks', 'mail']

/** The ports of a stack, counted up from `base`. */
export const portsFrom = (base: number) =>
  Object.fromEntries(names.map((name, i) => [name, base + i])) as Ports

/** Refuses to start when a port is taken, naming it. */
export async function requireFree(ports: Ports, wanted: readonly Name[] = names) {
  for (const name of wanted) {
    if (blocked.has(ports[name])) {
      throw new Error(
        `port ${ports[name]} (${name}) is one that browsers and fetch refuse: set ` +
          'TURNOUT_PORT_BASE to another number',
      )
    }
    if (await isFree(ports[name])) continue
    throw new Error(
      `port ${ports[name]} (${name}) is in use: stop what listens there, or set ` +
        `TURNOUT_PORT_BASE to move all ${names.length} ports`,
    )
  }
}

/** The first of so many free ports in a row, chosen at random so that two test runs do not meet. */
export async function findFreeBase() {
  for (let attempt = 0; attempt < 50; attempt++) {
    // Below 32768: above it the system hands out ports to outgoing connections.
    const base = 10_000 + names.length * Math.floor(Math.random() * 2000)
    const ports = Object.values(portsFrom(base))
    if (ports.some((port) => blocked.has(port))) continue
    const free = await Promise.all(ports.map(isFree))
    if (free.every(Boolean)) return base
  }
  throw new Error(`no ${names.length} free ports in a row were found`)
}

/** Waits until something accepts connections on a local port. */
export async function waitForPort(port: number, patienceMs = 30_000) {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(25)) {
    if (await accepts(port)) return
  }
  throw new Error(`nothing listens on port ${port} after ${patienceMs / 1000} s`)
}

function isFree(port: number) {
  return new Promise<boolean>((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function accepts(port: number) {
  return new Promise<boolean>((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
