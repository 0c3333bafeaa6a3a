import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { delivery } from '../support/events.ts'
import type { Random } from './random.ts'

export type Worker = {
  /** The ids that come back; undefined when the process died over it. */
  deliver(event: SQSEvent): Promise<string[] | undefined>
  process: ChildProcess
  /** Everything it wrote to its log. */
  log(): string
  stop(): Promise<void>
}

/** A handler in a process of its own, with the environment of the test unless told otherwise. */
export function startWorker(environment: Record<string, string> = {}): Worker {
  const child = fork('test/oracle/worker.mjs', [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, MONGO_DEADLINE_MS: '', REDIS_DEADLINE_MS: '', ...environment },
  })
  let log = ''
  child.stdout?.on('data', (chunk) => {
    log += chunk
  })
  const gone = once(child, 'exit').then(() => undefined)
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  return {
    process: child,
    async deliver(event) {
      if (isGone()) return undefined
      const answered = once(child, 'message').then(([answer]) => answer as SQSBatchResponse)
      child.send(event, () => {}) // it may die right now: `gone` tells
      const answer = await Promise.race([answered, gone])
      return answer?.batchItemFailures.map((failure) => failure.itemIdentifier)
    },
    log: () => log,
    async stop() {
      if (!isGone()) child.kill('SIGKILL')
      await gone
    },
  }
}

/** Hands bodies to one worker of its own with another environment. */
export async function deliverWith(environment: Record<string, string>, ...bodies: unknown[]) {
  const worker = startWorker(environment)
  try {
    const event = delivery(...bodies)
    const failed = await worker.deliver(event)
    return { failed, ids: event.Records.map((r) => r.messageId), log: worker.log() }
  } finally {
    await worker.stop()
  }
}

/** The events as a queue may bring them, ten messages a batch: see bodiesOf. */
export function deliveriesOf(events: object[], random: Random): SQSEvent[] {
  const bodies = bodiesOf(events, random, { most: 4, largest: 100 })
  const batches: SQSEvent[] = []
  while (bodies.length > 0) batches.push(delivery(...bodies.splice(0, 10)))
  return batches
}

/**
 * The bodies of messages: half of the events once, the others up to `most` times, never in order,
 * alone or in arrays of up to `largest`. What is sent again differs in nothing that counts.
 */
export function bodiesOf(
  events: object[],
  random: Random,
  { most, largest }: { most: number; largest: number },
): unknown[] {
  const sent = events.flatMap((event) => [
    event,
    ...Array.from({ length: random.chance(0.5) ? 0 : random.below(most) }, (_, again) => ({
      ...event,
      sent_at: '2026-06-01T12:00:00Z',
      trace_id: `again-${again}`,
    })),
  ])
  const rest = random.shuffled(sent)
  const bodies: unknown[] = []
  while (rest.length > 0) {
    const isAlone = random.chance(0.6)
    bodies.push(isAlone ? rest.pop() : rest.splice(0, random.between(1, largest)))
  }
  return bodies
}
