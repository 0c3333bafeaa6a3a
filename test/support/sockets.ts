import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import type { SQSBatchResponse } from 'aws-lambda'
import { handler as tickets } from '../../functions/http/sockets.ts'
import { handler as broadcast } from '../../functions/queue/broadcast.ts'
import { handler as connect } from '../../functions/websocket/connect.ts'
import { handler as disconnect } from '../../functions/websocket/disconnect.ts'
import { handler as message } from '../../functions/websocket/message.ts'
import type { Caller } from '../../lib/access/grants.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import type { Frame } from '../../lib/sockets/client.ts'
import { deliveryOf } from '../oracle/own-queue.ts'
import { delivery } from './events.ts'
import { ownQueue } from './queue.ts'
import { call, context } from './service.ts'

type How = 'taken' | 'gone' | 'slow' | 'broken' | 'throttled'
type Received = Frame & { at: number; bytes: number }

/**
 * The side of the gateway that takes messages for sockets, which can be made to fail as the real one
 * does. The functions behind it are called as it calls them; the stores and the queue are real.
 */
export async function startSockets() {
  const queue = await ownQueue('BROADCAST_QUEUE_URL')
  const frames = new Map<string, Received[]>()
  const how = new Map<string, How>()
  const closed = new Set<string>()
  const waiting = { now: 0, most: 0 }
  const framesOf = (id: string) => {
    const known = frames.get(id) ?? []
    frames.set(id, known)
    return known
  }
  const take = (id: string, text: string) =>
    framesOf(id).push({ ...JSON.parse(text), at: Date.now(), bytes: Buffer.byteLength(text) })
  const server = createServer(async (request, response) => {
    const id = decodeURIComponent(request.url?.split('/').at(-1) ?? '')
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const behaviour = closed.has(id) ? 'gone' : (how.get(id) ?? 'taken')
    const end = (status: number) => response.writeHead(status).end()
    if (behaviour === 'gone') return end(410)
    if (request.method === 'DELETE') {
      closed.add(id)
      return end(204)
    }
    waiting.now += 1
    waiting.most = Math.max(waiting.most, waiting.now)
    response.on('close', () => {
      waiting.now -= 1
    })
    if (behaviour === 'slow') return
    if (behaviour === 'broken') return end(500)
    if (behaviour === 'throttled') return end(429)
    take(id, Buffer.concat(parts).toString())
    return end(200)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env.WEBSOCKET_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const requestContext = (connectionId: string, routeKey: string) => ({ connectionId, routeKey })

  const ticketOf = (caller: Partial<Caller>) => call(tickets, 'POST /v1/ws/tickets', { caller })
  const openWith = async (told: { ticket?: string; protocol?: string }) => {
    const connectionId = randomUUID()
    const event = {
      requestContext: requestContext(connectionId, '$connect'),
      headers: told.protocol ? { 'Sec-WebSocket-Protocol': told.protocol } : {},
      queryStringParameters: told.ticket === undefined ? null : { ticket: told.ticket },
    }
    const answer = await connect(event as never, context)
    return { connectionId, ...(answer as { statusCode: number; headers?: object }) }
  }

  /** A message of a client; what is returned goes back over the socket. */
  const say = async (connectionId: string, said: unknown) => {
    const body = typeof said === 'string' ? said : JSON.stringify({ v: 1, ...(said as object) })
    const event = { requestContext: requestContext(connectionId, '$default'), body }
    const answer = (await message(event as never, context)) as { body?: string; statusCode: number }
    if (answer.body) take(connectionId, answer.body)
    return answer
  }

  async function receive(waitSeconds = 0): Promise<Message[]> {
    const { Messages = [] } = await sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: queue,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: waitSeconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    )
    await Promise.all(
      Messages.map(({ ReceiptHandle }) =>
        sqs().send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle })),
      ),
    )
    return Messages
  }

  /** Whether a message is in the queue, be it one that is held back for a second. */
  async function isWaiting(): Promise<boolean> {
    const AttributeNames = [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesDelayed',
    ] as const
    const { Attributes = {} } = await sqs().send(
      new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: [...AttributeNames] }),
    )
    return AttributeNames.some((name) => Number(Attributes[name]) > 0)
  }

  return {
    queue,
    how,
    closed,
    waiting,
    framesOf,
    ticketOf,
    openWith,
    say,
    receive,
    /** A socket of a person with these roles. */
    async open(venues: Caller['venues'], told: Partial<Caller> = {}) {
      const { body } = await ticketOf({ userId: randomUUID(), ...told, venues })
      const { connectionId, statusCode } = await openWith({ ticket: body.ticket })
      if (statusCode !== 200) throw new Error(`not opened: ${statusCode}`)
      return {
        id: connectionId,
        frames: framesOf(connectionId),
        say: (said: unknown) => say(connectionId, said),
      }
    },
    close: (connectionId: string) => {
      closed.add(connectionId)
      return disconnect(
        { requestContext: requestContext(connectionId, '$disconnect') } as never,
        context,
      )
    },
    /** Hands the worker messages as its queue does; returns the ids that it wants again. */
    async tell(...bodies: unknown[]): Promise<string[]> {
      const answer = (await broadcast(delivery(...bodies), context)) as SQSBatchResponse
      return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
    },
    /** Hands the worker what has been announced, until nothing is left; returns how many. */
    async drain(): Promise<number> {
      let count = 0
      while (await isWaiting()) {
        const messages = await receive(1)
        count += messages.length
        if (messages.length > 0) await broadcast(deliveryOf(messages), context)
      }
      return count
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export type Sockets = Awaited<ReturnType<typeof startSockets>>
