/**
 * A process that evaluates one tick of a venue and dies on its way: before the statement AT that follows
 * the taking of the tick, or SOON ms after it was sent.
 */
import { flushCompileCache } from 'node:module'
import { handler } from '../../functions/queue/evaluate-alerts.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'

flushCompileCache()
const { AT: at, SOON: soon, BODY: body = '' } = process.env
let isTaken = false
const die = () => process.kill(process.pid, 'SIGKILL')
observeStatements((statement) => {
  if (/insert into alert_ticks/.test(statement)) isTaken = true
  else if (at && isTaken && new RegExp(at).test(statement)) {
    if (soon) setTimeout(die, Number(soon))
    else die()
  }
})
const context = {
  functionName: 'evaluateAlerts',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 60_000,
}
await handler({ Records: [{ messageId: '1', body, attributes: {} }] }, context)
process.exit(0)
