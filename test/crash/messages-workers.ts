import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Where a worker of messages dies by its own hand. */
export type DeathOfWorker =
  | 'before the claim is committed'
  | 'between the claim and the request'
  | 'before the outcome is committed'
  | 'before the queue message is deleted'

export type MessagesWorker = ReturnType<typeof messagesWorker>

const compiled = mkdtempSync(path.join(os.tmpdir(), 'turnout-compiled-'))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

/** A worker of messages in a process of its own, which waits to be told to begin. */
export function messagesWorker() {
  const child = fork('test/crash/messages-worker.ts', [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', process.env.TURNOUT_TEST_LOG ? 'inherit' : 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  })
  const gone = once(child, 'exit').then(([_, signal]) => signal as string | null)
  const ready = Promise.race([once(child, 'message'), gone])
  const received: string[] = []
  child.on('message', (told: { receiptHandle?: string }) => {
    if (told.receiptHandle) received.push(told.receiptHandle)
  })
  return {
    /** Has it work until it dies: at a point, or when it is killed. */
    async begin(dieAt: DeathOfWorker | null = null) {
      await ready
      child.send({ dieAt })
    },
    kill: () => void child.kill('SIGKILL'),
    /** The signal that ended it. */
    gone,
    /** What it has received: of one that died the last is still in the queue. */
    received,
  }
}
