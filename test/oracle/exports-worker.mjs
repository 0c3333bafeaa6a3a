/**
 * A process that is one worker of exports: told a message it writes what it names, and says how that
 * ended. AT names a statement before which it sends itself SIGNAL, that is it dies or stands still.
 */
import { flushCompileCache } from 'node:module'
import { handler } from '../../functions/queue/run-export.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'

// Who is killed writes no cache at its end.
flushCompileCache()

const { AT: at, SIGNAL: signal = 'SIGKILL' } = process.env
let isStruck = false
observeStatements((statement) => {
  if (!at || isStruck || !new RegExp(at).test(statement)) return
  isStruck = true
  process.kill(process.pid, signal)
})

process.on('message', async ({ venueId, exportId }) => {
  const startedAt = performance.now()
  const context = {
    functionName: 'runExport',
    awsRequestId: 'request-1',
    getRemainingTimeInMillis: () => 900_000 - (performance.now() - startedAt),
  }
  const body = JSON.stringify({ venueId, exportId })
  const answer = await handler({ Records: [{ messageId: '1', body, attributes: {} }] }, context)
  process.send({ exportId, failed: answer.batchItemFailures.length })
})
