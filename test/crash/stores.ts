import { MongoClient } from 'mongodb'
import type { OwnStack } from '../../local/own-stack.ts'
import { childrenOf, identify, signalProcess, waitUntilGone } from '../../local/processes/alive.ts'
import { withSql } from '../support/databases.ts'
import { waitFor } from './wait.ts'

const patienceMs = 30_000

/** Kills a store with all its processes; resolves when it serves again (the stack restarts it). */
export const killersOf = (stack: OwnStack) => ({
  async postgres() {
    await killAll(stack, 'postgres')
    const url = stack.adminUrl ?? ''
    await waitFor('Postgres serves again', patienceMs, async () => {
      await withSql(url, (sql) => sql`select 1`)
      return true
    })
  },
  async mongo() {
    await killAll(stack, 'mongo', 'documentdb')
    await waitFor('Mongo serves again', patienceMs, async () => {
      const client = new MongoClient(stack.mongoUri, { serverSelectionTimeoutMS: 1000 })
      try {
        await client.db().collection('raw_events').findOne({})
        return true
      } finally {
        await client.close()
      }
    })
  },
  async redis() {
    await killAll(stack, 'redis', 'redis-rest')
    const { UPSTASH_REDIS_REST_URL: url = '', UPSTASH_REDIS_REST_TOKEN: token } = stack.environment
    await waitFor('Redis serves again', patienceMs, async () => {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(url, { method: 'POST', headers, body: '["PING"]' })
      return answer.ok
    })
  },
})

// The parent first: it must not start new children, nor tell them to end in order.
async function killAll({ crew }: OwnStack, ...names: string[]) {
  const parents = names.flatMap((name) => crew.pid(name) ?? [])
  if (parents.length === 0) throw new Error(`no process of ${names.join(', ')} to kill`)
  const all = parents.flatMap((pid) => [pid, ...childrenOf(pid)]).map(identify)
  for (const { pid } of all) signalProcess(pid, 'SIGKILL')
  await waitUntilGone(all, patienceMs)
}
