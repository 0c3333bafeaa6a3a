import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type Frame, openSocket, type Told } from '../../lib/sockets/client.ts'
import { pollQueues } from '../../local/queues.ts'
import { readTemplate } from '../../local/template.ts'
import { startGateway } from './gateway.ts'
import { ownQueue } from './queue.ts'

/** The whole live path in a process of its own: queue, ingest, broadcast, sockets. */
export async function startLive(env: Record<string, string> = {}) {
  const events = await ownQueue('EVENTS_QUEUE_URL')
  const broadcast = await ownQueue('BROADCAST_QUEUE_URL')
  const queues = { EVENTS_QUEUE_URL: events, BROADCAST_QUEUE_URL: broadcast }
  const gateway = await startGateway({ ...queues, ...env })
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env
  const template = readTemplate(process.cwd())
  const triggers = template.triggers.filter(({ queue }) => /^(Events|Broadcast)Queue$/.test(queue))
  const stopPolling = pollQueues({
    aws: {
      endpoint: AWS_ENDPOINT_URL ?? '',
      region: AWS_REGION ?? '',
      accessKeyId: AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
    },
    template: { ...template, triggers },
    environment: queues,
    lambdaPort: gateway.ports.lambda,
    say: (line) => process.stderr.write(`${line}\n`),
  })
  const sqs = new SQSClient({})
  const ticketOf = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${gateway.url}/v1/ws/tickets`, { method: 'POST', headers })
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as { ticket: string; url: string; expiresAt: string }
  }
  return {
    ...gateway,
    websocket: `ws://127.0.0.1:${gateway.ports.websocket}`,
    ticketOf,
    /** Sends a message to the queue of events: one event, or an array. */
    send: (body: unknown) =>
      sqs.send(new SendMessageCommand({ QueueUrl: events, MessageBody: JSON.stringify(body) })),
    /** The client of the service, its frames collected. */
    open(token: string) {
      const frames: (Frame & { at: number })[] = []
      const socket = openSocket({
        ticket: () => ticketOf(token),
        frame: (frame) => frames.push({ ...frame, at: Date.now() }),
        retryMs: 200,
      })
      return { ...socket, frames }
    },
    async stop() {
      await stopPolling()
      sqs.destroy()
      gateway.stop()
    },
  }
}

export type Live = Awaited<ReturnType<typeof startLive>>

/** Listens to a channel and keeps what it tells. */
export function listen(socket: ReturnType<Live['open']>, channel: string) {
  const told: (Told & { at: number })[] = []
  const refused: string[] = []
  const stop = socket.subscribe(channel, {
    told: (one) => told.push({ ...one, at: Date.now() }),
    refused: ({ code }) => refused.push(code),
  })
  return { told, refused, stop }
}

/** Waits until it is so, or throws after so many seconds. */
export async function until(what: string, isSo: () => unknown, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** A socket without the client: what is sent is sent as it is. */
export async function rawSocket(url: string, protocols?: string[]) {
  const frames: Frame[] = []
  const socket = new WebSocket(url, protocols)
  const state = { isClosed: false }
  socket.onmessage = ({ data }) => frames.push(JSON.parse(String(data)) as Frame)
  const opened = await new Promise<boolean>((resolve) => {
    socket.onopen = () => resolve(true)
    socket.onclose = () => {
      state.isClosed = true
      resolve(false)
    }
    socket.onerror = () => resolve(false)
  })
  return {
    frames,
    state,
    isOpen: opened,
    send: (message: unknown) =>
      socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    /** The first frame that fits, within five seconds. */
    async frame(fits: (frame: Frame) => boolean): Promise<Frame> {
      await until('a frame', () => frames.some(fits), 5)
      return frames.find(fits) as Frame
    },
    close: () => socket.close(),
  }
}
