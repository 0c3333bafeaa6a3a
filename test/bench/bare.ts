import postgres from 'postgres'
import type { Statement } from './ingest-worker.ts'

/** A connection as the service's own, with nothing around it. */
export const bareConnection = (url: string): postgres.Sql =>
  postgres(url, { max: 1, prepare: false, fetch_types: false, onnotice: () => {} })

/**
 * Sends recorded statements again, `begin` and `commit` among them, as the handler sends them:
 * what writes goes out together, everything else waits for its answer. Returns seconds.
 */
export async function replay(sql: postgres.Sql, batches: Statement[][]): Promise<number> {
  const startedAt = performance.now()
  for (const statements of batches) {
    let together: Promise<unknown>[] = []
    for (const { text, parameters } of statements) {
      const isWrite = /^\s*(insert|with given)\b/.test(text)
      if (!isWrite) {
        await Promise.all(together)
        together = []
      }
      const sent = sql.unsafe(text, parameters as never[]).execute()
      if (isWrite) together.push(sent)
      else await sent
    }
  }
  return (performance.now() - startedAt) / 1000
}
