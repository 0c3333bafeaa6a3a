import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { MongoClient } from 'mongodb'
import postgres from 'postgres'
import { clientConfig } from '../../local/aws-resources.ts'
import type { System } from './system.ts'
import { eventOf, type Told } from './traffic.ts'

const betweenLooksMs = 200

/**
 * Looks into the stores themselves, past the proxies: when each event of the venues was counted
 * first, how many raw copies waited at most, and when the last of them was gone.
 */
export async function watchStores(system: System, venues: string[]) {
  const { stack } = system
  const sql = postgres(stack.adminUrl ?? '', { max: 1, onnotice: () => {} })
  const mongo = await new MongoClient(stack.mongoUri).connect()
  const counted = new Map<string, number>()
  const stopping = new AbortController()
  let outboxPeak = 0
  let outboxEmptyAt = Date.now()

  const looking = (async () => {
    for (; !stopping.signal.aborted; await sleep(betweenLooksMs)) {
      const rows = await sql<{ eventId: string }[]>`
        select event_id as "eventId" from inbox where venue_id = any(${venues})`
      // After the orders: the copy of one that was seen counted is in the outbox by now, or was not.
      const [row] = await sql<{ waiting: number }[]>`
        select count(*)::int as waiting from raw_outbox where venue_id = any(${venues})`
      const now = Date.now()
      const waiting = row?.waiting ?? 0
      for (const { eventId } of rows) if (!counted.has(eventId)) counted.set(eventId, now)
      outboxPeak = Math.max(outboxPeak, waiting)
      if (waiting > 0) outboxEmptyAt = 0
      else outboxEmptyAt ||= now
    }
  })()
  looking.catch(() => {}) // told when it is stopped

  return {
    counted,
    outbox: () => ({ peak: outboxPeak, emptyAt: outboxEmptyAt }),
    /** How many raw copies of the venues Mongo has. */
    archived: () =>
      mongo
        .db()
        .collection('raw_events')
        .countDocuments({ venue_id: { $in: venues } }),
    async stop() {
      stopping.abort()
      await looking
      await Promise.all([sql.end(), mongo.close()])
    },
  }
}

/** Puts orders among the dead letters, as the queue does after 20 receives. */
export async function layDeadLetters({ stack }: System, orders: Told[]) {
  const sqs = new SQSClient(clientConfig(stack.aws))
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: stack.environment.EVENTS_DEAD_LETTER_QUEUE_URL,
      Entries: orders.map((one, i) => ({
        Id: String(i),
        MessageBody: JSON.stringify(eventOf(one)),
      })),
    }),
  )
  sqs.destroy()
}
