import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { clientConfig } from '../../local/aws-resources.ts'
import { signToken } from '../../local/keys.ts'
import { startOwnStack } from '../../local/own-stack.ts'
import { pollQueues } from '../../local/queues.ts'
import { serviceMember } from '../../local/service.ts'
import { withSql } from '../support/databases.ts'
import { event, type Sent } from '../support/events.ts'

export type LiveSystem = Awaited<ReturnType<typeof startLiveSystem>>
/** An event that was sent, and when (epoch ms). */
export type Mark = { eventId: string; at: number }

const largestSend = 10
const root = path.resolve(import.meta.dirname, '../..')

/** The whole service on stores of its own: gateways for HTTP and sockets, queues, the clock. */
export async function startLiveSystem(say: (line: string) => void) {
  const stack = await startOwnStack({
    root,
    say,
    isCrashSafe: true,
    onLoss: (reason) => {
      say(reason)
      process.exit(1)
    },
  })
  const { ports, environment, template, aws } = stack
  await stack.crew.start(serviceMember(root, ports, environment))
  const stopPolling = pollQueues({ aws, template, environment, lambdaPort: ports.lambda, say })
  const sqs = new SQSClient(clientConfig(aws))
  const http = `http://127.0.0.1:${ports.http}`
  const tokens = new Map<string, Promise<string>>()

  const tokenOf = (venueId: string, user = 'bench') => {
    const key = `${user} ${venueId}`
    const token =
      tokens.get(key) ?? signToken(stack.home, user, { venues: { [venueId]: 'viewer' } }, '2h')
    tokens.set(key, token)
    return token
  }

  /** Sends messages to the queue of events: each an event, or an array of them. */
  async function send(messages: (Sent | Sent[])[]): Promise<void> {
    const batches = Array.from({ length: Math.ceil(messages.length / largestSend) }, (_, i) =>
      messages.slice(i * largestSend, (i + 1) * largestSend),
    )
    await Promise.all(
      batches.map(async (batch) => {
        const Entries = batch.map((one, i) => ({ Id: String(i), MessageBody: JSON.stringify(one) }))
        const command = new SendMessageBatchCommand({
          QueueUrl: environment.EVENTS_QUEUE_URL,
          Entries,
        })
        const { Failed: failed = [] } = await sqs.send(command)
        if (failed.length > 0) throw new Error(`not sent: ${JSON.stringify(failed)}`)
      }),
    )
  }

  async function get(venueId: string, address: string, query: Record<string, string> = {}) {
    const text = new URLSearchParams(query).toString()
    const answer = await fetch(`${http}/v1/venues/${venueId}${address}${text && `?${text}`}`, {
      headers: { authorization: `Bearer ${await tokenOf(venueId)}` },
    })
    return {
      status: answer.status,
      cacheStatus: answer.headers.get('cache-status'),
      body: (await answer.json()) as Record<string, unknown>,
    }
  }

  return {
    http,
    stack,
    tokenOf,
    send,
    get,
    /** Makes venues whose business day does not end while they are measured. */
    async open(venueIds: string[]): Promise<void> {
      const timezone = zoneByDay(new Date())
      const data = { timezone, currency: 'USD' }
      const told = { occurred_at: new Date().toISOString(), data }
      await send(venueIds.map((venueId) => event(venueId, 'venue.updated', told)))
      for (const venueId of venueIds) {
        await until(`${venueId} has a clock`, async () => {
          const { body } = await get(venueId, '/settings')
          return body.timezone === timezone
        })
      }
    },
    /** When each event of a venue was recorded, as it is written in `asOf`. */
    recorded: (venueId: string) =>
      withSql(
        stack.adminUrl ?? '',
        (sql) => sql<{ id: string; at: string }[]>`
          select event_id as id,
                 to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
            from inbox
           where venue_id = ${venueId}`,
      ).then((rows) => new Map(rows.map(({ id, at }) => [id, at]))),
    log: () =>
      readFileSync(path.join(stack.home, 'logs/service.log'), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async stop() {
      await stopPolling()
      sqs.destroy()
      await stack.stop()
    },
  }
}

/** Calls `work` with 0, 1, 2 … at the pace of a clock, and returns when the last call is done. */
export async function paced(
  times: number,
  everyMs: number,
  work: (turn: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now()
  const working: Promise<void>[] = []
  for (let turn = 0; turn < times; turn += 1) {
    await sleep(Math.max(0, startedAt + turn * everyMs - performance.now()))
    working.push(work(turn))
  }
  await Promise.all(working)
}

/** Waits until it is so, or throws after so many seconds. */
export async function until(what: string, isSo: () => unknown, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await sleep(25)
  }
}

// The running day must not end in the middle: far from midnight by its own clock.
const zoneByDay = (now: Date) =>
  now.getUTCHours() >= 3 && now.getUTCHours() < 21 ? 'UTC' : 'Asia/Tokyo'
