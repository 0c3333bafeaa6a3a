import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Caller } from '../../lib/access/grants.ts'
import { clientConfig } from '../../local/aws-resources.ts'
import { signToken } from '../../local/keys.ts'
import { findFreeBase } from '../../local/processes/ports.ts'
import { measurable, memoryOf } from './memory.ts'

export type System = Awaited<ReturnType<typeof startSystem>>
const root = path.resolve(import.meta.dirname, '../..')
// More than any run asks for: what is looked for lies behind the limits.
const limits = {
  READS_PER_MINUTE: '10000000',
  WRITES_PER_MINUTE: '10000000',
  INGESTS_PER_MINUTE: '10000000',
}

/** The real system without limits, on free ports, with a state that ends with it. */
export async function startSystem() {
  const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-fuzz-'))
  const portBase = process.env.TURNOUT_PORT_BASE || String(await findFreeBase())
  const child = spawn(process.execPath, ['local/start.ts', '--empty'], {
    cwd: root,
    // The fourth stream tells it when we are gone, in whatever way.
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: {
      ...process.env,
      ...limits,
      ...measurable,
      TURNOUT_HOME: home,
      TURNOUT_PORT_BASE: portBase,
      TURNOUT_PARENT_FD: '3',
    },
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      said += chunk
      if (/^READY$/m.test(said)) resolve()
    })
    child.once('exit', () => reject(new Error(`the system did not start:\n${said}`)))
  })
  const stack = JSON.parse(readFileSync(path.join(home, 'stack.json'), 'utf8'))
  const sqs = new SQSClient(clientConfig(stack.aws))
  const tokens = new Map<string, Promise<string>>()
  return {
    http: stack.http as string,
    /** Sends messages as the platform does. */
    async tell(messages: object[]) {
      const [QueueUrl, MessageBody] = [stack.queues.events, JSON.stringify(messages)]
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    },
    /** A token for the caller of a request. */
    tokenFor({ venues, isOps }: Partial<Caller>): Promise<string> {
      const claims = isOps ? { scope: 'ops' } : { venues: venues ?? {} }
      const name = JSON.stringify(claims)
      const token = tokens.get(name) ?? signToken(home, 'fuzz', claims, '4h')
      tokens.set(name, token)
      return token
    },
    /** Bytes of memory that the service needs. */
    memory: () => memoryOf(stack.pids.service, path.join(home, 'logs/service.log')),
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      sqs.destroy()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Asks again and again until there is an answer, at most a minute. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 60_000
  for (; Date.now() < end; await sleep(250)) {
    const answer = await ask()
    if (answer !== undefined) return answer
  }
  throw new Error(`not within a minute: ${what}`)
}
