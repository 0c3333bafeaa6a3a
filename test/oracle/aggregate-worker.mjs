/**
 * A process that is one handler of aggregate-venue: does one message for VENUE, and dies by SIGKILL
 * before it sends the first statement that matches DIE_AT.
 */
import { handler } from '../../functions/queue/aggregate-venue.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'

const { VENUE: venueId, DIE_AT: dieAt } = process.env
observeStatements((statement) => {
  if (new RegExp(dieAt).test(statement)) process.kill(process.pid, 'SIGKILL')
})
const body = JSON.stringify({ venueId })
await handler({ Records: [{ messageId: '1', body }] }, { functionName: 'worker' })
process.exit(0)
